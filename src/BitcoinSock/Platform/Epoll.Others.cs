using System.Globalization;
using System.Runtime.InteropServices;

namespace BitcoinSock;

// The event queues of the base library, by which it awaits its Sockets. It takes nothing out of
// them, because the close(2) of a socket does; but one that was handed over is not closed. What is
// left in there wakes that library at whatever comes, as long as the connection lives, and keeps
// another Socket of that number from being awaited (EEXIST).
internal sealed unsafe partial class Epoll
{
    private const string Numbers = "/proc/self/fd";

    // From when the base library's were seen among them: it makes all of its own at once.
    private static int[]? _queues;

    /// <summary>Takes a descriptor out of every event queue of this process.</summary>
    public static void RemoveFromAll(int fd)
    {
        if (Volatile.Read(ref _queues) is int[] known)
        {
            foreach (int queue in known)
            {
                _ = Control(queue, EPOLL_CTL_DEL, fd, null);
            }

            return;
        }

        List<int> queues = [];
        bool isFound = false;
        foreach (int number in OpenOnes())
        {
            bool isRemoved = Control(number, EPOLL_CTL_DEL, fd, null) == 0;
            isFound |= isRemoved;
            if (isRemoved || Marshal.GetLastPInvokeError() == LibC.ENOENT)
            {
                queues.Add(number);
            }
        }

        if (isFound)
        {
            Volatile.Write(ref _queues, [.. queues]);
        }
    }

    private static IEnumerable<int> OpenOnes()
    {
        try
        {
            return
            [
                .. Directory
                    .GetFileSystemEntries(Numbers)
                    .Select(path =>
                        int.Parse(Path.GetFileName(path.AsSpan()), CultureInfo.InvariantCulture)
                    ),
            ];
        }
        catch (IOException)
        {
            // No descriptor is left to look with, or there is no such folder.
            return Enumerable.Range(0, 1 << 16);
        }
    }
}
