/**
 * The Java side of the workflow job: it reads events, keeps the state and the timer of each contact,
 * and writes records. What is decided is decided in Python, once a bundle.
 */
package contactflow;
