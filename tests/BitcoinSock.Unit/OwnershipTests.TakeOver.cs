using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>Descriptors that were somebody else's before.</summary>
public partial class OwnershipTests
{
    public static bool IsPosix => !OperatingSystem.IsWindows();

    [Fact]
    public void From_takes_a_Socket_over_with_its_connection()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(listener.LocalEndPoint!);
        using Socket peer = listener.Accept();

        using Sock sock = Sock.From(socket);
        socket.Dispose();
        peer.Send("line\nrest"u8);

        Assert.Equal("line", sock.RecvUntilTerminator((byte)'\n', Within.Long, default, 100));
        Assert.Throws<ObjectDisposedException>(() => Sock.From(socket));
    }

    [Fact(
        Skip = "Wine 8 has no unix sockets",
        SkipType = typeof(Wine),
        SkipWhen = nameof(Wine.IsHere)
    )]
    public void From_leaves_a_unix_listener_its_file()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using Sock listener = Take();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using Sock client = Sock.Create(AddressFamily.Unix);
        client.ConnectComplete(new UnixDomainSocketEndPoint(path), Within.Long);
        File.Delete(path);

        [MethodImpl(MethodImplOptions.NoInlining)]
        Sock Take()
        {
            var socket = new Socket(
                AddressFamily.Unix,
                SocketType.Stream,
                ProtocolType.Unspecified
            );
            socket.Bind(new UnixDomainSocketEndPoint(path));
            socket.Listen();
            return Sock.From(socket);
        }
    }

    [Fact]
    public async Task From_takes_over_a_Socket_that_worked_asynchronously()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndPoint!);
        using Socket peer = await listener.AcceptAsync();
        await peer.SendAsync("a\nb\n"u8.ToArray());
        await socket.ReceiveAsync(new byte[2]);

        using Sock sock = Sock.From(socket);
        Assert.Equal("b", sock.RecvUntilTerminator((byte)'\n', Within.Long, default, 100));
        await peer.SendAsync("c\n"u8.ToArray());
        Assert.Equal("c", sock.RecvUntilTerminator((byte)'\n', Within.Long, default, 100));
    }

    [Fact(
        Skip = "a completion port keeps a socket, whatever its number",
        SkipUnless = nameof(IsPosix)
    )]
    public async Task What_From_took_over_can_be_awaited_as_a_Socket_again()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using (far)
        {
            for (int round = 0; round < 5; round++)
            {
                using Socket socket = near.ToSocket();
                Task<int> awaited = socket.ReceiveAsync(new byte[1]);
                far.SendComplete("x", Within.Long);
                Assert.Equal(1, await awaited);
                near = Sock.From(socket);
            }

            near.Dispose();
        }
    }

    [Fact]
    public void From_takes_a_SafeSocketHandle_over()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using (far)
        {
            var handle = new SafeSocketHandle(near.Release().Value, ownsHandle: true);
            using Sock sock = Sock.From(handle);
            Assert.True(handle.IsClosed);
            handle.Dispose();
            Assert.True(sock.IsConnected(out _));
            Assert.Throws<ObjectDisposedException>(() => Sock.From(handle));
        }
    }

    [Fact]
    public void From_takes_what_there_is_and_leaves_nothing_behind()
    {
        Assert.Throws<ArgumentNullException>(() => Sock.From((Socket)null!));
        Assert.Throws<ArgumentNullException>(() => Sock.From((SafeSocketHandle)null!));
        Assert.Throws<ArgumentNullException>(() => new Sock().AssignFrom(null!));
        Assert.Throws<ObjectDisposedException>(() =>
            Sock.From(new SafeSocketHandle(-1, ownsHandle: true))
        );
        Assert.Throws<ObjectDisposedException>(() => Sock.From(new SafeSocketHandle()));
        using var failures = new CloseFailures();
        int before = OnLinux ? Descriptors.CountHeld() : 0;
        for (int i = 0; i < 20; i++)
        {
            (Sock near, Sock far) = Sock.CreatePair();
            Sock.From(near.ToSocket()).Dispose();
            Assert.Equal(0, far.Recv(new byte[1]).Count);
            far.Dispose();
        }

        Assert.Equal(before, OnLinux ? Descriptors.Count() : 0);
        Assert.Equal(0, failures.Count);
    }

    [Fact]
    public void Of_two_threads_that_take_one_handle_over_exactly_one_gets_it()
    {
        for (int round = 0; round < 500; round++)
        {
            using var pair = new Pair(PairKind.UnixByPoll);
            using var handle = new SafeSocketHandle(pair.Near.Release().Value, ownsHandle: true);
            Sock? Take()
            {
                try
                {
                    return Sock.From(handle);
                }
                catch (ObjectDisposedException)
                {
                    return null;
                }
            }

            var other = Background.Run(Take);
            Sock?[] taken = [Take(), other.Join()];
            Sock owner = Assert.Single(taken, sock => sock is not null)!;
            Assert.True(owner.IsConnected(out _));
            owner.Dispose();
        }
    }
}
