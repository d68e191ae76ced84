using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

public partial class ConnectCompleteTests
{
    public static bool OnLinux => OperatingSystem.IsLinux();

    public static bool OnLinuxOrWine => OnLinux || Wine.IsHere;

    public static TheoryData<WaitMechanism> Mechanisms => WaitTests.Mechanisms;

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public void It_connects(WaitMechanism mechanism)
    {
        using Sock listener = Listen(IPAddress.IPv6Loopback, out IPEndPoint address);
        using Sock client = Sock.Create(AddressFamily.InterNetworkV6);
        client.Mechanism = mechanism;

        client.ConnectComplete(address, Within.Long);

        Assert.False(listener.Accept(out Sock server).IsError);
        using (server)
        {
            server.SendComplete("welcome", Within.Long);
            byte[] words = new byte[7];
            client.RecvComplete(words, Within.Long);
            Assert.Equal("welcome"u8, words);
        }
    }

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public void A_refusal_is_a_failure_with_its_code(WaitMechanism mechanism)
    {
        IPEndPoint address;
        using (Listen(IPAddress.Loopback, out address)) { }

        using Sock client = Sock.Create(AddressFamily.InterNetwork);
        client.Mechanism = mechanism;
        var failure = Assert.Throws<SockException>(() =>
            client.ConnectComplete(address, Within.Long)
        );
        Assert.Equal(SockStatus.Failed, failure.Status);
        Assert.Equal(NetworkError.NativeCode(SocketError.ConnectionRefused), failure.ErrorCode);
        Assert.StartsWith(
            $"connect() to {address} failed: ",
            failure.Message,
            StringComparison.Ordinal
        );
    }

    [Theory(Skip = "fills a backlog as Linux has it", SkipUnless = nameof(OnLinuxOrWine))]
    [MemberData(nameof(Mechanisms))]
    public void A_connect_that_nobody_answers_ends_by_deadline_and_by_interrupt(
        WaitMechanism mechanism
    )
    {
        using var backlog = new FullBacklog(new IPEndPoint(IPAddress.Loopback, 0));
        EndPoint address = backlog.Address;

        using Sock late = Sock.Create(AddressFamily.InterNetwork);
        late.Mechanism = mechanism;
        var timeout = Assert.Throws<SockException>(() =>
            late.ConnectComplete(address, Within.Brief)
        );
        Assert.Equal(SockStatus.Timeout, timeout.Status);
        Assert.Equal($"Connect to {address} timeout", timeout.Message);

        using Sock stopped = Sock.Create(AddressFamily.InterNetwork);
        stopped.Mechanism = mechanism;
        var interrupt = new ThreadInterrupt();
        var connecting = Background.Run(() =>
            stopped.TryConnectComplete(address, Timeout.InfiniteTimeSpan, interrupt)
        );
        connecting.UntilBlocked();
        interrupt.Interrupt();
        Assert.Equal(SockStatus.Interrupted, connecting.Join().Status);
    }

    [Theory(Skip = "a full backlog is EAGAIN on Linux only", SkipUnless = nameof(OnLinux))]
    [MemberData(nameof(Mechanisms))]
    public void A_unix_listener_with_a_full_backlog_is_tried_again_until_there_is_room(
        WaitMechanism mechanism
    )
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using var backlog = new FullBacklog(new UnixDomainSocketEndPoint(path));
        EndPoint address = backlog.Address;
        using Sock client = Sock.Create(AddressFamily.Unix);
        client.Mechanism = mechanism;

        Assert.Equal(SockStatus.Timeout, client.TryConnectComplete(address, Within.Brief).Status);

        var connecting = Background.Run(() => client.TryConnectComplete(address, Within.Long));
        connecting.UntilBlocked();
        Assert.False(connecting.HasEnded);
        backlog.Listener.Accept(out Sock first);
        using (first)
        {
            Assert.True(connecting.Join().IsOk);
            Assert.True(client.IsConnected(out _));
        }

        File.Delete(path);
    }

    [Theory]
    [InlineData(SocketError.AlreadyInProgress)]
    [InlineData(SocketError.WouldBlock)]
    [InlineData(SocketError.InvalidArgument)]
    public void What_a_second_connect_says_is_understood(SocketError second)
    {
        // Only Winsock has two words for it; EINVAL of POSIX is nothing to wait for.
        bool goesOn = second != SocketError.InvalidArgument || OperatingSystem.IsWindows();
        var sock = new ScriptedConnect(SocketError.WouldBlock, second, SocketError.IsConnected);
        SockOutcome expected = goesOn
            ? SockOutcome.Ok(0)
            : SockOutcome.Failed(NetworkError.InvalidArgument);
        Assert.Equal(expected, sock.TryConnectComplete(Anywhere, Within.Long));

        // A listener says so, and nothing of it goes on.
        var listener = new ScriptedConnect(SocketError.InvalidArgument, SocketError.IsConnected);
        Assert.Equal(
            SockOutcome.Failed(NetworkError.InvalidArgument),
            listener.TryConnectComplete(Anywhere, Within.Long)
        );
    }

    [Fact]
    public void A_sock_that_is_connected_already_fails_as_connect_does()
    {
        using var pair = new Pair(PairKind.TcpByPoll);
        pair.Far.GetSockName(out EndPoint? far);
        SockOutcome outcome = pair.Near.TryConnectComplete(far!, Within.Long);
        Assert.Equal(NetworkError.NativeCode(SocketError.IsConnected), outcome.Error);
    }

    [Fact]
    public void Wrong_arguments_and_an_empty_sock_are_told_at_once()
    {
        using Sock sock = Sock.Create(AddressFamily.InterNetwork);
        var address = new IPEndPoint(IPAddress.Loopback, 1);
        Assert.Throws<ArgumentNullException>(() => sock.TryConnectComplete(null!, Within.Long));
        Assert.Throws<ArgumentException>(() =>
            sock.TryConnectComplete(new DnsEndPoint("localhost", 1), Within.Long)
        );
        Assert.Throws<ArgumentException>(() => sock.TryConnectComplete(new Nowhere(), Within.Long));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            sock.TryConnectComplete(address, TimeSpan.FromSeconds(-1))
        );
        Assert.Equal(
            SockOutcome.Failed(NetworkError.BadHandle),
            new Sock().TryConnectComplete(address, Within.Long)
        );
    }

    private static IPEndPoint Anywhere => new(IPAddress.Loopback, 1);

    private static Sock Listen(IPAddress on, out IPEndPoint address)
    {
        Sock listener = Sock.Create(on.AddressFamily);
        Assert.False(listener.Bind(new IPEndPoint(on, 0)).IsError);
        Assert.False(listener.Listen(1).IsError);
        listener.GetSockName(out EndPoint? name);
        address = (IPEndPoint)name!;
        return listener;
    }

    private sealed class Nowhere : EndPoint;

    /// <summary>Each connect(2) fails with the next of these codes; every wait is ready.</summary>
    private sealed class ScriptedConnect(params SocketError[] answers)
        : AlwaysReady,
            ISockConnect,
            ISockGetSockOpt
    {
        private int _connects;

        public SockResult Connect(EndPoint endPoint) => SockResult.Fail(answers[_connects++]);

        public SockResult GetSockOpt(SocketOptionLevel level, SocketOptionName name, out int value)
        {
            value = 0;
            return SockResult.Ok(0);
        }
    }
}
