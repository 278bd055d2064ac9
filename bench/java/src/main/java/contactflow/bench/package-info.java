/** The Java side of the comparison: the source that all candidates share, and the job written by hand. */
package contactflow.bench;
