import java.io.File;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Collections;
import java.util.List;
import java.util.ArrayList;
import java.util.concurrent.CyclicBarrier;

/** Says where eight threads of Java are, each for itself, and then where every thread of the process is. */
public class Host {
	private static String where(String directory) throws Exception {
		StringBuilder text = new StringBuilder();
		for (String name : new String[] { "user", "mnt", "net" })
			text.append(' ').append(Files.readSymbolicLink(Paths.get(directory + "/ns/" + name)));
		return text.toString();
	}

	public static void main(String[] arguments) throws Exception {
		CyclicBarrier barrier = new CyclicBarrier(9);
		List<String> lines = Collections.synchronizedList(new ArrayList<>());
		for (int at = 0; at < 8; at++) {
			new Thread(() -> {
				try {
					lines.add("own" + where("/proc/thread-self"));
					barrier.await();
					barrier.await();
				} catch (Exception exception) {
					lines.add(exception.toString());
				}
			}).start();
		}
		barrier.await();
		for (String task : new File("/proc/self/task").list())
			lines.add("task" + where("/proc/self/task/" + task));
		barrier.await();
		for (String line : lines)
			System.out.println(line);
		for (String name : System.getenv().keySet()) {
			if (name.startsWith("maproot_"))
				System.out.println("left " + name);
		}
	}
}
