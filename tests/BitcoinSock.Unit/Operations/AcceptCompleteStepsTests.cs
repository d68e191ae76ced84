using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>
/// What AcceptComplete makes of what its calls say, one by one, over a listener of any kind.
/// </summary>
public class AcceptCompleteStepsTests
{
    private const int Own = 4711;
    private static readonly SockResult Done = SockResult.Ok(0);
    private static readonly SockResult Failure = SockResult.Fail(Own);
    private static readonly SockResult Nobody = SockResult.Fail(SocketError.WouldBlock);
    private static readonly SockResult Gone = SockResult.Fail(SocketError.ConnectionAborted);
    private static readonly IPEndPoint Somewhere = new(IPAddress.Loopback, 1);

    [Fact]
    public void Who_is_there_is_accepted_without_a_wait()
    {
        var sock = new Played(Done);
        Assert.Equal(
            SockOutcome.Ok(0),
            sock.TryAcceptComplete(out Guest? guest, out EndPoint? peer, Within.Long)
        );
        Assert.Equal(("mode accept", Somewhere), (sock.Calls, peer));
        Assert.NotNull(guest);

        Assert.NotNull(new Played(Done).AcceptComplete(Within.Long));
        Assert.NotNull(new Played(Done).AcceptComplete(out peer, Within.Long));
        Assert.Equal(Somewhere, peer);
    }

    [Fact]
    public void Who_is_not_there_yet_is_waited_for_also_after_somebody_else_was_faster()
    {
        var sock = new Played(Nobody, Nobody, SockResult.Fail(SocketError.Interrupted), Done);
        Assert.True(sock.TryAcceptComplete(out Guest? guest, Within.Long).IsOk);
        Assert.NotNull(guest);
        Assert.Equal("mode accept wait accept wait accept wait accept", sock.Calls);
    }

    [Fact]
    public void Who_has_gone_is_passed_over_without_a_wait()
    {
        var sock = new Played(Gone, Gone, Done);
        Assert.True(sock.TryAcceptComplete(out Guest? guest, TimeSpan.Zero).IsOk);
        Assert.NotNull(guest);
        Assert.Equal("mode accept accept accept", sock.Calls);
    }

    [Fact]
    public void Many_who_have_gone_do_not_keep_it_from_the_clock()
    {
        var sock = new Played(Gone) { Repeats = true };
        Assert.Equal(
            SockOutcome.End(SockStatus.Timeout),
            sock.TryAcceptComplete(out Guest? guest, out EndPoint? peer, TimeSpan.Zero)
        );
        Assert.Equal((null, null), (guest, peer));
        Assert.Equal(16, sock.Calls.Split("accept").Length - 1);

        // Nor do they make it a hot loop.
        Assert.False(sock.TryAcceptComplete(out guest, TimeSpan.FromMilliseconds(200)).IsOk);
        Assert.InRange(sock.Calls.Split("accept").Length - 1, 16, 16 * 40);
    }

    [Fact]
    public void Any_call_that_fails_for_good_ends_it_with_its_code_and_nothing_else()
    {
        var sock = new Played(Done) { Mode = Failure };
        Assert.Equal(SockOutcome.Failed(Own), Accept(sock));
        Assert.Equal("mode", sock.Calls);

        sock = new Played(Failure);
        Assert.Equal(SockOutcome.Failed(Own), Accept(sock));
        Assert.Equal("mode accept", sock.Calls);

        sock = new Played(Nobody) { Waited = Failure };
        Assert.Equal(SockOutcome.Failed(Own), Accept(sock));
        Assert.Equal("mode accept wait", sock.Calls);

        static SockOutcome Accept(Played sock)
        {
            SockOutcome outcome = sock.TryAcceptComplete(
                out Guest? guest,
                out EndPoint? peer,
                Within.Long
            );
            Assert.Equal((null, null), (guest, peer));
            return outcome;
        }
    }

    [Fact]
    public void Failures_are_told_in_the_words_of_Core()
    {
        var failed = Assert.Throws<SockException>(() =>
            new Played(SockResult.Fail(SocketError.TooManyOpenSockets)).AcceptComplete(Within.Long)
        );
        Assert.StartsWith("socket error accept failed: ", failed.Message, StringComparison.Ordinal);
        Assert.Equal(NetworkError.NativeCode(SocketError.TooManyOpenSockets), failed.ErrorCode);
        failed = Assert.Throws<SockException>(() =>
            new Played(Nobody).AcceptComplete(TimeSpan.Zero)
        );
        Assert.Equal(("Accept timeout", SockStatus.Timeout), (failed.Message, failed.Status));
        var interrupt = new ThreadInterrupt();
        interrupt.Interrupt();
        var interrupted = Assert.Throws<SockInterruptedException>(() =>
            new Played(Nobody).AcceptComplete(Within.Long, interrupt)
        );
        Assert.Equal("Accept interrupted", interrupted.Message);
    }

    [Fact]
    public void Wrong_arguments_throw_before_anything_is_touched()
    {
        var sock = new Played(Done);
        Assert.Throws<ArgumentOutOfRangeException>(
            "timeout",
            () => sock.TryAcceptComplete(out Guest? _, TimeSpan.FromSeconds(-1))
        );
        Assert.Throws<ArgumentNullException>(
            "sock",
            () => ((Played)null!).TryAcceptComplete(out Guest? _, Within.Long)
        );
        Assert.Equal("", sock.Calls);
    }

    private sealed class Guest;

    /// <summary>Each accept gives the next result; it notes its calls.</summary>
    private sealed class Played(params SockResult[] accepts) : ISockAccept<Guest>
    {
        private readonly List<string> _calls = [];
        private int _accepts;

        public bool Repeats { get; init; }

        public SockResult Mode { get; init; } = Done;

        public SockResult Waited { get; init; } = SockResult.Ok(1);

        public string Calls => string.Join(' ', _calls);

        public SockResult SetNonBlocking() => Note("mode", Mode);

        public SockResult Accept(out Guest accepted, out EndPoint? peer)
        {
            (accepted, peer) = (new Guest(), Somewhere); // also on error: nobody may look at it
            return Note("accept", accepts[Repeats ? 0 : _accepts++]);
        }

        public SockResult Wait(
            TimeSpan timeout,
            SockEvents requested,
            out SockEvents occurred,
            CancellationToken interrupt = default
        )
        {
            Assert.Equal(SockEvents.Recv, requested);
            occurred = requested;
            return Note("wait", Waited);
        }

        private SockResult Note(string call, SockResult result)
        {
            _calls.Add(call);
            return result;
        }
    }
}
