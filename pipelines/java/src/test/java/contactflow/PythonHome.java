package contactflow;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Where the Python of the environment has its packages, with the toys of these tests before them. */
final class PythonHome {

    private static final String PACKAGES = ask();

    private PythonHome() {}

    static String path() {
        return System.getProperty("contactflow.toys") + File.pathSeparator + PACKAGES;
    }

    private static String ask() {
        try {
            Process python =
                    new ProcessBuilder(
                                    System.getProperty("contactflow.python"),
                                    "-c",
                                    "import sysconfig; print(sysconfig.get_path('purelib'))")
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            return new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException missing) {
            throw new IllegalStateException("the tests need the project's Python environment (`make setup`)", missing);
        }
    }
}
