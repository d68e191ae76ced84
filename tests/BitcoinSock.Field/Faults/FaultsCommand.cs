using System.CommandLine;
using System.Net.Sockets;

namespace BitcoinSock.Field.Faults;

/// <summary>
/// Fails calls in the kernel's stead, and prints a row for each operation, call and code: what was
/// expected by the rule, at which calls it was tried, what was seen.
/// </summary>
internal sealed class FaultsCommand : Command
{
    private static readonly Subject[] Subjects =
    [
        new Sending("SendComplete, unix", "sendto"),
        new Sending("SendComplete, TCP", "sendto", AddressFamily.InterNetwork),
        new Sending("SendComplete, two parts", "sendmsg", Send: Sending.InTwoParts),
        new Sending("SendComplete, awaited", "sendto", Send: Sending.Awaited),
        new Sending("SendComplete, unix", "poll"),
        new Sending("SendComplete, unix", "select", Mechanism: WaitMechanism.Select),
        new Receiving("RecvComplete, unix", "recvfrom", Receiving.Exactly),
        new Receiving(
            "RecvComplete, TCP",
            "recvfrom",
            Receiving.Exactly,
            AddressFamily.InterNetwork
        ),
        new Receiving("RecvComplete, unix", "poll", Receiving.Exactly),
        new Receiving(
            "RecvComplete, unix",
            "select",
            Receiving.Exactly,
            Mechanism: WaitMechanism.Select
        ),
        new Receiving("RecvUntilTerminator", "recvfrom", Receiving.Lines),
        new Receiving("RecvUntilTerminator", "poll", Receiving.Lines),
        new Receiving("RecvUntilTerminator, awaited", "recvfrom", Receiving.LinesAwaited),
        new Receiving("RecvUntilTerminator, awaited", "epoll_ctl", Receiving.LinesAwaited),
        new Receiving("FrameReader", "recvfrom", Receiving.Frames),
        new Receiving("FrameReader", "poll", Receiving.Frames),
        // Over loopback the second call finds the connection made.
        new Connecting("connect", AddressFamily.InterNetwork, ["1", "2", "1+2"]),
        new Connecting("connect", AddressFamily.Unix, ["1", "2", "3", "5", "8", "1+2", "2+3"]),
        new Connecting("poll", AddressFamily.InterNetwork, ["1"]),
        new Accepting(),
        new Waking("Interrupt()", "sendto", ["1", "1+2"], ByPoller: false),
        new Waking("SockPoller, interrupted", "recvfrom", ["1", "2", "1+2"], ByPoller: true),
        new Asking("IsConnected", "recvfrom", Asking.Connected, each => each.IsTriedAgain),
        new Asking("Wait", "poll", Asking.WaitByPoll, each => each.IsWaitedThrough),
        new Asking("Wait", "select", Asking.WaitBySelect, each => each.IsWaitedThrough),
        new Asking("SockPoller", "epoll_wait", Asking.WaitByPoller, each => each.IsWaitedThrough),
    ];

    private readonly Option<FileInfo> _sample = new("--sample")
    {
        Description = "PeerProbe, built: it is put to the same faults.",
        HelpName = "PROGRAM",
    };

    public FaultsCommand()
        : base("faults", "Fails system calls by strace(1), and prints what became of it.")
    {
        Add(_sample);
        SetAction(given => Run(given.GetValue(_sample)));
    }

    private static int Run(FileInfo? sample)
    {
        Kernel.AllowTracing();
        Subject[] subjects =
        [
            .. Subjects,
            .. Making.All,
            .. sample is null ? [] : Sample.Of(sample.FullName),
        ];
        int passed = 0;
        int failed = 0;
        Console.WriteLine($"{"", -5} {Row.Heading}");
        foreach (Subject subject in subjects)
        {
            foreach (Row row in Rows(subject))
            {
                Console.WriteLine($"fault {row}");
                passed += row.IsOk ? 1 : 0;
                failed += row.IsOk ? 0 : 1;
            }
        }

        Console.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }

    // At once, because most of it is waiting.
    private static ParallelQuery<Row> Rows(Subject subject) =>
        subject
            .Errnos.AsParallel()
            .AsOrdered()
            .WithDegreeOfParallelism(subject.IsAlone ? 1 : subject.Errnos.Length)
            .WithExecutionMode(ParallelExecutionMode.ForceParallelism)
            .Select(errno => new Row(subject, errno));
}
