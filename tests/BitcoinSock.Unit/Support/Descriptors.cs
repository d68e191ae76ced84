using System.Diagnostics.Tracing;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using static System.StringComparison;

namespace BitcoinSock.Unit;

/// <summary>The open descriptors of this process, as Linux lists them.</summary>
internal static partial class Descriptors
{
    /// <summary>
    /// No descriptor, though select(2) could hold it; of Windows' handles 1000 may be open.
    /// </summary>
    public static readonly CSocket NeverOpen = new(OperatingSystem.IsWindows() ? 1 << 24 : 1000);

    /// <summary>
    /// The sockets and event queues among them: what else the runtime opens is nobody's leak.
    /// </summary>
    public static int Count() => Count("socket:") + EventQueues();

    /// <summary>How many there are when what earlier tests forgot is closed.</summary>
    public static int CountHeld()
    {
        CloseForgotten();
        return Count();
    }

    /// <summary>How many this process may have; the runtime asks for all it may.</summary>
    public static int Most()
    {
        if (!OperatingSystem.IsLinux())
        {
            return OperatingSystem.IsWindows() ? int.MaxValue : 0;
        }

        // "Max open files            1024                 524288               files"
        string line = File.ReadLines("/proc/self/limits")
            .First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        string soft = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
        return int.TryParse(soft, CultureInfo.InvariantCulture, out int most) ? most : int.MaxValue;
    }

    public static bool ClosesOnExec(CSocket socket)
    {
        if (OperatingSystem.IsWindows())
        {
            const uint Inherit = 1;
            return GetHandleInformation(socket.Value, out uint marks) != 0
                && (marks & Inherit) == 0;
        }

        return (Flags(socket) & 0x80000) != 0;
    }

    /// <summary>Whether calls on it block, as Linux tells.</summary>
    public static bool Blocks(CSocket socket) => (Flags(socket) & 0x800) == 0;

    /// <summary>How many of them are event queues.</summary>
    public static int EventQueues() => Count("anon_inode:[eventpoll]");

    public static int HighestPlusOne() => 1 + Numbers().Max();

    /// <summary>Those that an action made and left open.</summary>
    public static int[] MadeBy(Action action)
    {
        CloseForgotten(); // else the action may get the number of one that was there before
        int[] before = Numbers();
        action();
        return [.. Numbers().Except(before)];
    }

    private static void CloseForgotten()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static int[] Numbers() =>
        [
            .. Directory
                .GetFileSystemEntries("/proc/self/fd")
                .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))
                .Where(fd => LibC.Fcntl(fd, LibC.F_GETFL, 0) >= 0), // not that of the look itself
        ];

    private static int Count(string kind) =>
        Directory
            .GetFileSystemEntries("/proc/self/fd")
            .Count(path => new FileInfo(path).LinkTarget?.StartsWith(kind, Ordinal) is true);

    private static long Flags(CSocket socket)
    {
        string flags = File.ReadLines($"/proc/self/fdinfo/{socket.Value}")
            .First(line => line.StartsWith("flags:", StringComparison.Ordinal));
        return Convert.ToInt64(flags.Split('\t')[1], 8);
    }

    [LibraryImport("kernel32")]
    private static partial int GetHandleInformation(nint handle, out uint marks);
}

/// <summary>A process that may open only so many descriptors more, on Linux.</summary>
internal sealed partial class FewDescriptors : IDisposable
{
    private const int RLIMIT_NOFILE = 7;

    private readonly List<Sock> _held = [];
    private readonly RLimit _usual;

    public FewDescriptors(int left)
    {
        // What that has the runtime load takes descriptors too.
        (Sock first, Sock second) = Sock.CreatePair(AddressFamily.InterNetwork);
        first.Dispose();
        second.Dispose();
        Descriptors.CountHeld();
        GetRLimit(RLIMIT_NOFILE, out _usual);
        int most = Descriptors.HighestPlusOne() + left + 1;
        SetRLimit(RLIMIT_NOFILE, _usual with { Soft = (nuint)most });
        try
        {
            while (true)
            {
                _held.Add(Sock.Create(AddressFamily.Unix));
            }
        }
        catch (SockException)
        {
            _held[..left].ForEach(sock => sock.Dispose());
        }
    }

    /// <summary>The one with the highest number that this process may have.</summary>
    public Sock TakeHighest()
    {
        Sock highest = _held[^1];
        _held.RemoveAt(_held.Count - 1);
        return highest;
    }

    public void Dispose()
    {
        SetRLimit(RLIMIT_NOFILE, _usual);
        _held.ForEach(sock => sock.Dispose());
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetRLimit(int resource, out RLimit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetRLimit(int resource, in RLimit limit);

    private record struct RLimit(nuint Soft, nuint Hard);
}

/// <summary>Counts the closes that the library reports as failed: a second close is one.</summary>
internal sealed class CloseFailures : EventListener
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "BitcoinSock")
        {
            EnableEvents(eventSource, EventLevel.Warning);
        }
    }

    // Where a test has loaded the library twice, the second source says that there is a first.
    protected override void OnEventWritten(EventWrittenEventArgs eventData) =>
        Interlocked.Add(ref _count, eventData.EventName == "CloseFailed" ? 1 : 0);
}

/// <summary>Has every wake-up that is kept for the next wait, so that this must make one.</summary>
internal sealed class NoWakeUps : IDisposable
{
    private readonly WakeUp[] _all =
    [
        .. Enumerable.Range(0, WakeUp.IdleMax).Select(_ => WakeUp.Rent()),
    ];

    public void Dispose() => Array.ForEach(_all, wakeUp => wakeUp.Dispose());
}
