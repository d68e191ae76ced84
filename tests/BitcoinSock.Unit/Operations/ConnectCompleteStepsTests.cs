using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What ConnectComplete makes of what its calls say, one by one.</summary>
public class ConnectCompleteStepsTests
{
    private const int Own = 4711;
    private static readonly SockResult Done = SockResult.Ok(0);
    private static readonly SockResult Failure = SockResult.Fail(Own);
    private static readonly SockResult Started = SockResult.Fail(SocketError.InProgress);
    private static readonly SockResult GoesOn = SockResult.Fail(SocketError.AlreadyInProgress);
    private static readonly SockResult Connected = SockResult.Fail(SocketError.IsConnected);

    [Fact]
    public void A_connection_that_is_there_at_once_needs_no_wait()
    {
        var sock = new Played(Done);
        Assert.Equal(SockOutcome.Ok(0), Connect(sock));
        Assert.Equal("mode connect", sock.Calls);
    }

    [Fact]
    public void One_that_started_is_waited_for_until_it_is_there()
    {
        var sock = new Played(Started, GoesOn, Connected);
        Assert.Equal(SockOutcome.Ok(0), Connect(sock));
        Assert.Equal("mode connect wait ask connect wait ask connect", sock.Calls);

        sock = new Played(Started, Done);
        Assert.Equal(SockOutcome.Ok(0), Connect(sock));
        Assert.Equal("mode connect wait ask connect", sock.Calls);
    }

    [Fact]
    public void Any_call_that_fails_for_good_ends_it_with_its_code()
    {
        var sock = new Played(Done) { Mode = Failure };
        Assert.Equal(SockOutcome.Failed(Own), Connect(sock));
        Assert.Equal("mode", sock.Calls);

        sock = new Played(Failure);
        Assert.Equal(SockOutcome.Failed(Own), Connect(sock));
        Assert.Equal("mode connect", sock.Calls);

        sock = new Played(Started) { Waited = Failure };
        Assert.Equal(SockOutcome.Failed(Own), Connect(sock));
        Assert.Equal("mode connect wait", sock.Calls);

        sock = new Played(Started) { Asked = Failure };
        Assert.Equal(SockOutcome.Failed(Own), Connect(sock));
        Assert.Equal("mode connect wait ask", sock.Calls);

        sock = new Played(Started) { Pending = Own };
        Assert.Equal(SockOutcome.Failed(Own), Connect(sock));
        Assert.Equal("mode connect wait ask", sock.Calls);

        sock = new Played(Started, Failure);
        Assert.Equal(SockOutcome.Failed(Own), Connect(sock));
        Assert.Equal("mode connect wait ask connect", sock.Calls);
    }

    [Fact]
    public void Zero_is_one_try()
    {
        var sock = new Played(Started);
        SockOutcome outcome = sock.TryConnectComplete(Anywhere, TimeSpan.Zero);
        Assert.Equal(SockOutcome.End(SockStatus.Timeout), outcome);
        Assert.Equal("mode connect", sock.Calls);
    }

    [Fact]
    public void A_name_or_nothing_is_refused_before_anything_is_touched()
    {
        var sock = new Played(Done);
        Assert.Throws<ArgumentNullException>(() => sock.TryConnectComplete(null!, Within.Long));
        Assert.Throws<ArgumentException>(() =>
            sock.TryConnectComplete(new DnsEndPoint("name", 1), Within.Long)
        );
        Assert.Equal("", sock.Calls);
    }

    private static IPEndPoint Anywhere => new(IPAddress.Loopback, 1);

    private static SockOutcome Connect(Played sock) =>
        sock.TryConnectComplete(Anywhere, Within.Long);

    /// <summary>Each connect(2) gives the next result; it notes its calls.</summary>
    private sealed class Played(params SockResult[] connects)
        : ISockConnect,
            ISockWait,
            ISockGetSockOpt
    {
        private readonly List<string> _calls = [];
        private int _connects;

        public SockResult Mode { get; init; } = Done;

        public SockResult Waited { get; init; } = SockResult.Ok(1);

        public SockResult Asked { get; init; } = Done;

        public int Pending { get; init; }

        public string Calls => string.Join(' ', _calls);

        public SockResult SetNonBlocking() => Note("mode", Mode);

        public SockResult Connect(EndPoint endPoint) => Note("connect", connects[_connects++]);

        public SockResult Wait(
            TimeSpan timeout,
            SockEvents requested,
            out SockEvents occurred,
            CancellationToken interrupt = default
        )
        {
            occurred = requested;
            return Note("wait", Waited);
        }

        public SockResult GetSockOpt(SocketOptionLevel level, SocketOptionName name, out int value)
        {
            Assert.Equal(SocketOptionName.Error, name);
            value = Pending;
            return Note("ask", Asked);
        }

        private SockResult Note(string call, SockResult result)
        {
            _calls.Add(call);
            return result;
        }
    }
}
