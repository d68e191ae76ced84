using System.Net;
using System.Net.Sockets;

namespace BitcoinSock.Field.Faults;

/// <summary>
/// What makes descriptors, when there is none left: for this process (EMFILE) or for the whole
/// system (ENFILE). It fails as that code, or goes on where it can do without; the next try works;
/// and the same number is open afterwards as before, without any help by finalizers. Each makes
/// some, uses them, and closes them; what fails is thrown.
/// </summary>
internal sealed record Making(
    string Operation,
    string Call,
    string[] Whens,
    Action Make,
    bool GoesOn = false
) : Subject(Operation, Call, Whens)
{
    private const int WakeUpsMost = 40; // more than are kept

    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(100);

    private static readonly (Sock Near, Sock Far) Idle = Sock.CreatePair();

    public static readonly Making[] All =
    [
        new("Create", "socket", ["1"], () => Sock.Create(AddressFamily.InterNetwork).Dispose()),
        new("CreatePair, unix", "socketpair", ["1"], () => Dispose(Sock.CreatePair())),
        new("CreatePair, TCP", "socket", ["1", "2"], Connect),
        new("CreatePair, TCP", "accept4", ["1"], Connect),
        new("Accept", "accept4", ["1"], Accept),
        new("SockPoller", "epoll_create1", ["1"], () => Use(new SockPoller())),
        new("SockPoller", "socketpair", ["1"], () => Use(new SockPoller())),
        new("SockPoller, poll", "socketpair", ["1"], () => Use(new(WaitMechanism.Poll))),
        new(
            "SockPoller, select",
            "socketpair",
            ["1", "1+1"],
            () => Use(new(WaitMechanism.Select)),
            GoesOn: true
        ),
        new("Wait", "socketpair", ["1", "1+1"], Wait, GoesOn: true),
        // To look for what the base library awaits.
        new("Sock.From", "openat", ["1"], TakeOver, GoesOn: true),
    ];

    public override Errno[] Errnos => Errno.Shortages;

    // Others make descriptors, too.
    public override bool IsAlone => true;

    public override Seen Run(Injection injection)
    {
        Make(); // what it loads is there now
        for (int i = 0; i < WakeUpsMost; i++)
        {
            new SockPoller().Dispose(); // takes one that is kept for the next wait
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        int before = OpenOnes();
        (SockException? refused, TracedCalls calls) = Traced.Run(injection, Try);
        new SockPoller().Dispose(); // with what a wait has kept
        int after = OpenOnes();
        SockOutcome outcome = refused is null
            ? default
            : new SockOutcome(refused.Status, 0, refused.ErrorCode);
        SockOutcome expected = GoesOn
            ? default
            : new SockOutcome(SockStatus.Failed, 0, injection.Errno.Code);
        string? wrong =
            outcome != expected ? $"ended as {outcome}"
            : after != before ? $"{before} open before, {after} after"
            : null;
        Make();
        return new Seen(Tell(outcome), wrong, calls.Injected);
    }

    private SockException? Try()
    {
        try
        {
            Make();
            return null;
        }
        catch (SockException refused)
        {
            return refused;
        }
    }

    private static int OpenOnes() =>
        Directory
            .GetFileSystemEntries("/proc/self/fd")
            .Select(path => new FileInfo(path).LinkTarget ?? "")
            .Count(target => target.Contains("socket:") || target.Contains("[eventpoll]"));

    private static void Dispose((Sock First, Sock Second) pair)
    {
        pair.First.Dispose();
        pair.Second.Dispose();
    }

    private static void Connect() => Dispose(Sock.CreatePair(AddressFamily.InterNetwork));

    // A connection that could not be accepted is still there for the next try.
    private static void Accept()
    {
        using Sock listener = Sock.Create(AddressFamily.InterNetwork);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0)).ThrowIfError("bind");
        listener.Listen(1).ThrowIfError("listen");
        listener.GetSockName(out EndPoint? endPoint).ThrowIfError("getsockname");
        using Sock client = Sock.Create(AddressFamily.InterNetwork);
        client.Connect(endPoint!).ThrowIfError("connect");
        SockResult first = listener.Accept(out Sock accepted);
        if (first.IsError)
        {
            listener.Accept(out accepted).ThrowIfError("accept, once more");
        }

        using Sock server = accepted;
        client.SendComplete("x", Deadline);
        server.RecvComplete(new byte[1], Deadline);
        first.ThrowIfError("accept");
    }

    private static void Use(SockPoller made)
    {
        using SockPoller poller = made;
        (Sock near, Sock far) = Idle;
        poller.Add(near, SockEvents.Recv);
        far.SendComplete("x", Deadline);
        poller.Wait(new ReadySock[1], Deadline).ThrowIfError("wait");
        near.RecvComplete(new byte[1], Deadline);
        using var interrupt = new CancellationTokenSource(Brief);
        Expect(poller.Wait(new ReadySock[1], Deadline, interrupt.Token));
    }

    private static void Wait()
    {
        using var interrupt = new CancellationTokenSource(Brief);
        Expect(Idle.Near.Wait(Deadline, SockEvents.Recv, out _, interrupt.Token));
    }

    private static void TakeOver()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            Blocking = false, // as one that was awaited
        };
        Sock.From(socket).Dispose();
    }

    private static void Expect(SockResult interrupted)
    {
        if (interrupted != SockResult.Fail(SocketError.Interrupted))
        {
            throw new InvalidOperationException($"the wait ended as {interrupted}");
        }
    }
}
