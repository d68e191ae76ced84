using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

public partial class ManagedSockTests
{
    private const byte Newline = (byte)'\n';
    private static readonly byte[] Large = MakeLarge();

    // CI has more time than somebody who waits.
    private static readonly int Share = Environment.GetEnvironmentVariable("CI") == "true" ? 1 : 10;

    [Fact]
    public void Its_codes_are_those_of_a_Sock()
    {
        foreach (Action<Sock> befall in Befallings)
        {
            Assert.Equal(
                CodesAfter(befall, near => near),
                CodesAfter(befall, near => new ManagedSock(near.ToSocket()))
            );
        }
    }

    [Fact]
    public void Once_disposed_it_says_bad_handle_and_a_wait_ends()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using var sock = new ManagedSock(near.ToSocket());
        var waiter = Background.Run(() =>
            sock.Wait(Timeout.InfiniteTimeSpan, SockEvents.Recv, out _)
        );
        waiter.UntilBlocked();
        sock.Dispose();
        SockResult bad = SockResult.Fail(NetworkError.BadHandle);
        Assert.Equal(bad, waiter.Join());
        Assert.Equal(bad, sock.Recv(new byte[1], SockFlags.None));
        Assert.Equal(bad, sock.Send(new byte[1], SockFlags.None));
        Assert.Equal(bad, sock.Wait(Within.Long, SockEvents.Recv, out _));
        Assert.Equal(bad, sock.ShutdownSend());
        Assert.Equal(bad, sock.GetSockOpt(SocketOptionLevel.Socket, SocketOptionName.Type, out _));
        far.Dispose();
    }

    // The base library disconnects what it closes, and a call that is under way may see that.
    [Fact]
    public void A_disposal_of_ones_own_is_never_the_peers_end()
    {
        for (int round = 0; round < 300; round++)
        {
            (Sock near, Sock far) = Sock.CreatePair(AddressFamily.InterNetwork);
            var sock = new ManagedSock(near.ToSocket());
            using var called = new ManualResetEventSlim();
            var caller = Background.Run(() =>
            {
                byte[] buffer = new byte[1];
                SockResult result;
                do
                {
                    result = sock.Recv(buffer, SockFlags.None);
                    called.Set();
                } while (result.Error == NetworkError.WouldBlock);
                return result;
            });
            called.Wait(Within.Long);
            sock.Dispose();
            Assert.Equal(SockResult.Fail(NetworkError.BadHandle), caller.Join());
            far.Dispose();
        }
    }

    [Fact]
    public void A_socket_that_is_borrowed_comes_back_as_it_was()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using Socket socket = near.ToSocket();
        using (var sock = new ManagedSock(socket, ownsSocket: false))
        {
            far.SendComplete("line\nrest", Within.Long);
            Assert.Equal("line", sock.RecvUntilTerminator(Newline, Within.Long, default, 100));
        }

        Assert.True(socket.Blocking);
        using var stream = new NetworkStream(socket);
        byte[] rest = new byte[4];
        stream.ReadExactly(rest);
        Assert.Equal("rest"u8, rest);
        far.Dispose();
    }

    [Fact]
    public async Task A_borrower_that_is_disposed_takes_nothing_more_from_the_socket()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using Socket socket = near.ToSocket();
        var sock = new ManagedSock(socket, ownsSocket: false);
        ValueTask<SockOutcome> pending = sock.TryRecvCompleteAsync(new byte[1], Within.Long);
        sock.Dispose();
        var bad = new SockOutcome(SockStatus.Failed, 0, NetworkError.BadHandle);
        Assert.Equal(bad, await pending);
        using (var next = new ManagedSock(socket, ownsSocket: false))
        {
            sock.Dispose(); // once more, and nothing of the next one's changes
            Assert.Equal(
                SockStatus.Timeout,
                next.TryRecvComplete(new byte[1], Within.Brief).Status
            );
        }

        far.SendComplete("x", Within.Long);
        Assert.Equal(bad, sock.TryRecvComplete(new byte[1], Within.Long));
        Assert.Equal(bad, sock.TrySendComplete(new byte[1], Within.Long));
        Assert.Equal(bad, await sock.TryRecvCompleteAsync(new byte[1], Within.Long));
        Assert.Equal(
            NetworkError.BadHandle,
            sock.Connect(new IPEndPoint(IPAddress.Loopback, 1)).Error
        );
        Assert.Equal(1, socket.Receive(new byte[1]));
        far.Dispose();
    }

    [Fact]
    public async Task What_the_base_library_will_not_connect_is_an_outcome_too()
    {
        using Sock listener = SockForTests.Listen(out EndPoint address);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var sock = new ManagedSock(socket);
        EndPoint foreign = new IPEndPoint(IPAddress.IPv6Loopback, 1);
        Assert.Equal(SockStatus.Failed, sock.TryConnectComplete(foreign, Within.Long).Status);
        Assert.Throws<ArgumentException>(() => sock.Connect(new DnsEndPoint("name", 1)));
        Assert.Throws<ArgumentNullException>("endPoint", () => sock.Connect(null!));
        Assert.Equal(SockResult.Ok(0), ((ISockConnect)sock).SetNonBlocking());

        using var other = new ManagedSock(new Socket(SocketType.Stream, ProtocolType.Tcp));
        Assert.True((await other.TryConnectCompleteAsync(address, Within.Long)).IsOk);
        SockOutcome again = await other.TryConnectCompleteAsync(address, Within.Long);
        Assert.Equal(new SockOutcome(SockStatus.Failed, 0, NetworkError.AlreadyConnected), again);

        listener.Dispose();
        using var refused = new ManagedSock(new Socket(SocketType.Stream, ProtocolType.Tcp));
        Assert.Equal(SockStatus.Failed, refused.TryConnectComplete(address, Within.Long).Status);
        Assert.Equal(SockStatus.Failed, refused.TryConnectComplete(address, Within.Long).Status);
    }

    private static readonly Action<Sock>[] Befallings =
    [
        _ => { },
        far => far.Dispose(),
        far =>
        {
            Model.SockPeer.ResetOnClose(far);
            far.Dispose();
        },
    ];

    // What every call says, one after the other, on a TCP connection to which that happens.
    private static List<SockResult> CodesAfter(Action<Sock> befall, Func<Sock, ISock> wrap)
    {
        (Sock near, Sock far) = Sock.CreatePair(AddressFamily.InterNetwork);
        ISock sock = wrap(near);
        befall(far);
        byte[] one = new byte[1];
        List<SockResult> said =
        [
            sock.Recv(one, SockFlags.DontWait | SockFlags.Peek),
            sock.Recv(one, SockFlags.DontWait),
            sock.Send(one, SockFlags.DontWait | SockFlags.NoSignal),
            sock.Wait(Within.Brief, SockEvents.Recv, out _),
            sock.Recv(one, SockFlags.DontWait),
            sock.Send(one, SockFlags.DontWait | SockFlags.NoSignal),
            sock.ShutdownSend(),
            sock.ShutdownSend(),
            sock.Send(one, SockFlags.DontWait | SockFlags.NoSignal),
        ];
        ((IDisposable)sock).Dispose();
        said.Add(sock.Recv(one, SockFlags.DontWait));
        far.Dispose();
        return said;
    }

    private static byte[] MakeLarge()
    {
        byte[] bytes = new byte[20_000_000];
        new Random(3).NextBytes(bytes);
        return bytes;
    }

    private sealed class ManagedPair : IDisposable
    {
        public ManagedPair()
        {
            (Sock near, Far) = Sock.CreatePair();
            Near = new ManagedSock(near.ToSocket());
        }

        public ManagedSock Near { get; }

        public Sock Far { get; }

        public void Dispose()
        {
            Near.Dispose();
            Far.Dispose();
        }
    }
}
