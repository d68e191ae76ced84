using System.Net.Sockets;

namespace BitcoinSock.Field.Soak;

/// <summary>One thread of the run: it does one thing at random after the other.</summary>
internal sealed partial class Worker(Run run, Harbour harbour, int seed) : IDisposable
{
    private const int JobBitsMax = 18; // 256 KiB
    private const int BufferLength = (1 << JobBitsMax) + (1 << 14); // and a batch's last peek
    private const int HotLinks = 4;

    private readonly Random _random = new(seed);
    private readonly byte[] _buffer = new byte[BufferLength];
    private readonly byte[] _scratch = new byte[BufferLength];
    private readonly SockPoller _poller = new();
    private readonly Landing _landing = new();
    private int _at;

    public Tally Tally { get; } = new();

    private Laws Laws => run.Laws;

    /// <summary>Until the run is over.</summary>
    public void Work()
    {
        while (!run.IsOver)
        {
            try
            {
                Act();
            }
            catch (Exception unexpected)
            {
                Laws.Break(Law.Exceptions, unexpected.ToString(), run.Links[_at]);
            }
        }
    }

    /// <summary>Ends a connection in order, whatever was going on.</summary>
    public void End(Link link)
    {
        try
        {
            EndInOrder(link);
        }
        catch (Exception unexpected)
        {
            Laws.Break(Law.Exceptions, unexpected.ToString(), link);
        }
    }

    public void Dispose()
    {
        _poller.Dispose();
        _landing.Dispose();
    }

    private void Act()
    {
        // Half of the time all threads are at the same few connections, so that they meet there.
        bool hot = _random.Next(2) == 0;
        int place = hot ? run.HotPlace + _random.Next(HotLinks) : _random.Next(run.Links.Length);
        _at = place % run.Links.Length;
        Link link = run.Links[_at];
        if (link.IsEnding)
        {
            return;
        }

        End end = _random.Next(2) == 0 ? link.First : link.Second;
        switch (_random.Next(1000))
        {
            case < 420:
                TrySend(end);
                break;
            case < 900:
                TryReceive(end);
                break;
            case < 920:
                // A stream is received from by one thread at a time, and this is a peek.
                bool isStream = end.Channel is StreamSock;
                IfFree(isStream ? end.Receiving : end.Sending, () => AskIfConnected(end));
                break;
            case < 950:
                Poll(end);
                break;
            case < 960:
                Connect();
                break;
            case < 975:
                IfFree(
                    link.Fate,
                    () => IfFree(end.Sending, () => IfFree(end.Receiving, () => Move(end)))
                );
                break;
            case < 985:
                IfFree(link.Fate, () => Release(end));
                break;
            case < 987:
                TryHalfClose(end);
                break;
            case < 992:
                Tally.Count(Fault.InterruptOfAll);
                run.Shared.Interrupt();
                run.Shared.Reset();
                break;
            case < 996 when link.TryClaim():
                EndByDisposal(link, end);
                run.Links[_at] = Begin();
                break;
            case < 1000 when link.TryClaim():
                EndInOrder(link);
                run.Links[_at] = Begin();
                break;
        }
    }

    /// <summary>A new connection, of a kind at random.</summary>
    public Link Begin()
    {
        Tally.Connections++;
        int kind = _random.Next(4);
        (Sock first, Sock second) =
            kind < 2 ? Sock.CreatePair(AddressFamily.Unix)
            : kind == 2 ? Sock.CreatePair(AddressFamily.InterNetwork)
            : Land();
        var link = new Link((ulong)_random.NextInt64(), kind < 2, first, second);
        link.First.Move(_random);
        link.Second.Move(_random);
        return link;
    }

    // What an operation of this thread came to, at an end whose side it holds.
    private void Judge(End end, bool receives, string what, Leash leash, SockOutcome outcome)
    {
        Link link = end.Link;
        link.Note(end, what, leash.Timeout, outcome);
        Tally.Count(what, outcome.Status);
        if (leash.Judge(outcome.Status) is (Law law, string wrong))
        {
            Laws.Break(law, $"{what} {wrong}", link);
        }

        switch (outcome.Status)
        {
            case SockStatus.Closed when !(receives && (end.In.IsShut || end.Peer.IsGone)):
                Laws.Break(Law.End, $"{what} found an end that nobody made", link);
                break;
            case SockStatus.Inconsistent:
                Laws.Break(Law.Content, $"{what} found another reader, and there is none", link);
                break;
            case SockStatus.Failed when !HasCause(end, receives, outcome.Error):
                string error = NetworkError.NetworkErrorString(outcome.Error);
                Laws.Break(Law.Error, $"{what}: {error} without a cause", link);
                break;
        }
    }

    private static bool HasCause(End end, bool receives, int error) =>
        error == Codes.BadHandle ? end.IsGone || end.IsReleased
        : error == Codes.Reset ? end.Peer.IsGone
        : error == Codes.Pipe && !receives && (end.Peer.IsGone || end.Out.IsShut);

    private Leash NewLeash() => new(_random, run.Shared);

    // Short ones as often as long ones.
    private int Length() => _random.Next(1 << _random.Next(JobBitsMax + 1));

    private static T Result<T>(ValueTask<T> awaited) => awaited.AsTask().GetAwaiter().GetResult();

    private static void IfFree(Lock side, Action job)
    {
        if (side.TryEnter())
        {
            try
            {
                job();
            }
            finally
            {
                side.Exit();
            }
        }
    }

    // An operation, during which others may do something to the connection.
    private static void At(End end, Action operation)
    {
        Interlocked.Increment(ref end.Busy);
        operation();
        Interlocked.Decrement(ref end.Busy);
    }
}

/// <summary>The system's codes that connections end with.</summary>
internal static class Codes
{
    public static readonly int BadHandle = new Sock().ShutdownSend().Error;
    public static readonly int Reset = Of(SocketError.ConnectionReset);
    public static readonly int Pipe = Of(SocketError.Shutdown);
    public static readonly int NotConnected = Of(SocketError.NotConnected);
    public static readonly int Refused = Of(SocketError.ConnectionRefused);
    public static readonly int Interrupted = Of(SocketError.Interrupted);

    private static int Of(SocketError error) => SockResult.Fail(error).Error;
}
