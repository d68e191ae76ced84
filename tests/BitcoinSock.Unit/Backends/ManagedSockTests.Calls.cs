using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What its calls say, each by itself.</summary>
public partial class ManagedSockTests
{
    [Fact]
    public void It_takes_a_socket_that_is_open()
    {
        Assert.Throws<ArgumentNullException>(() => new ManagedSock(null!));
        var closed = new Socket(SocketType.Stream, ProtocolType.Tcp);
        closed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => new ManagedSock(closed));
    }

    [Fact]
    public async Task To_await_room_ends_when_there_is_some()
    {
        using var pair = new ManagedPair();
        byte[] some = new byte[100];
        Assert.Equal(SockResult.Ok(1), await pair.Near.WaitAsync(Within.Long, SockEvents.Send));

        Fill(pair.Near);
        ValueTask<SockResult> room = pair.Near.WaitAsync(Within.Long, SockEvents.Send);
        Assert.False(room.IsCompleted);
        while (!room.IsCompleted)
        {
            pair.Far.Recv(some, SockFlags.DontWait);
        }

        Assert.Equal(SockResult.Ok(1), await room);
        Assert.InRange(pair.Near.Send(some, SockFlags.None).Count, 1, some.Length);
    }

    [Fact]
    public async Task To_await_something_ends_by_that_by_time_by_interrupt_or_by_disposal()
    {
        using var pair = new ManagedPair();
        pair.Far.SendComplete("x", Within.Long);
        Assert.Equal(SockResult.Ok(1), await pair.Near.WaitAsync(Within.Long, SockEvents.Recv));
        Assert.Equal("x"u8, pair.Near.RecvNow());

        Assert.Equal(SockResult.Ok(0), await pair.Near.WaitAsync(Within.Brief, SockEvents.Recv));
        using var soon = new CancellationTokenSource(Within.Brief);
        Assert.Equal(
            SockResult.Fail(SocketError.Interrupted),
            await pair.Near.WaitAsync(Within.Long, SockEvents.Recv, soon.Token)
        );
        ValueTask<SockResult> disposed = pair.Near.WaitAsync(Within.Long, SockEvents.Recv);
        pair.Near.Dispose();
        Assert.Equal(SockResult.Fail(NetworkError.BadHandle), await disposed);
    }

    [Fact]
    public void A_number_that_is_somebody_elses_by_now_is_not_touched()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using Socket socket = near.ToSocket();
        using var sock = new ManagedSock(socket, ownsSocket: false);
        var number = new CSocket(socket.Handle);
        socket.Dispose();
        far.Dispose();
        using var next = new Pair(PairKind.UnixByPoll); // takes the lowest that are free
        Assert.Contains(number, (CSocket[])[next.Near.Get(), next.Far.Get()]);
        next.Near.SendComplete("for somebody else", Within.Long);
        next.Far.SendComplete("for somebody else", Within.Long);

        SockResult bad = SockResult.Fail(NetworkError.BadHandle);
        Assert.Equal(bad, sock.Recv(new byte[9], SockFlags.None));
        Assert.Equal(bad, sock.Send([1], SockFlags.None));
        Assert.Equal(bad, sock.Wait(TimeSpan.Zero, SockEvents.Recv, out SockEvents occurred));
        Assert.Equal(SockEvents.Error, occurred);
        Assert.Equal(bad, sock.GetSockOpt(SocketOptionLevel.Socket, SocketOptionName.Type, out _));
        Assert.Equal(bad, sock.ShutdownSend());
        Assert.Equal("for somebody else"u8, next.Near.RecvNow());
        Assert.Equal("for somebody else"u8, next.Far.RecvNow());
    }

    [Theory(
        Skip = "a full backlog is EAGAIN on Linux only",
        SkipType = typeof(OwnershipTests),
        SkipUnless = nameof(OwnershipTests.OnLinux)
    )]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_unix_listener_that_has_no_room_is_asked_until_it_has(bool awaited)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using var backlog = new FullBacklog(new UnixDomainSocketEndPoint(path));
        using var sock = new ManagedSock(
            new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        );
        Task<SockOutcome> connecting = awaited
            ? sock.TryConnectCompleteAsync(backlog.Address, Within.Long).AsTask()
            : Task.Run(() => sock.TryConnectComplete(backlog.Address, Within.Long));
        await Task.Delay(Within.Brief, TestContext.Current.CancellationToken);
        Assert.False(connecting.IsCompleted);
        backlog.MakeRoom();
        Assert.Equal(SockOutcome.Ok(0), await connecting);
        File.Delete(path);
    }

    [Fact]
    public void While_it_connects_it_says_so_and_a_wait_for_room_is_for_the_end_of_that()
    {
        using var backlog = new FullBacklog(new IPEndPoint(IPAddress.Loopback, 0));
        var sock = new ManagedSock(new Socket(SocketType.Stream, ProtocolType.Tcp));
        Assert.Throws<ArgumentNullException>(() => sock.Connect(null!));
        Assert.Equal(SockResult.Fail(NetworkError.InProgress), sock.Connect(backlog.Address));
        Assert.Equal(
            SockResult.Fail(NetworkError.AlreadyInProgress),
            sock.Connect(backlog.Address)
        );
        foreach (SockEvents one in (SockEvents[])[SockEvents.Send, SockEvents.Recv])
        {
            Assert.Equal(SockResult.Ok(0), sock.Wait(Within.Brief, one, out SockEvents occurred));
            Assert.Equal(SockEvents.None, occurred);
        }

        const SocketOptionLevel Level = SocketOptionLevel.Socket;
        Assert.False(sock.GetSockOpt(Level, SocketOptionName.Error, out int value).IsError);
        Assert.Equal(0, value);
        sock.GetSockOpt(Level, SocketOptionName.Type, out value);
        Assert.Equal(SocketType.Stream, (SocketType)value);
        using var soon = new CancellationTokenSource(Within.Brief);
        Assert.Equal(
            SockResult.Fail(NetworkError.Interrupted),
            sock.Wait(Within.Long, SockEvents.Send, out _, soon.Token)
        );
        var waiter = Background.Run(() => sock.Wait(Within.Long, SockEvents.Send, out _));
        waiter.UntilBlocked();
        sock.Dispose();
        Assert.Equal(SockResult.Fail(NetworkError.BadHandle), waiter.Join());
    }

    [Fact]
    public void When_it_has_connected_a_wait_for_room_says_so()
    {
        using var backlog = new FullBacklog(new IPEndPoint(IPAddress.Loopback, 0));
        using var sock = new ManagedSock(new Socket(SocketType.Stream, ProtocolType.Tcp));
        sock.Connect(backlog.Address);
        backlog.MakeRoom();
        Assert.Equal(1, sock.Wait(Within.Long, SockEvents.Send, out SockEvents occurred).Count);
        Assert.Equal(SockEvents.Send, occurred);
        Assert.Equal(0, sock.Wait(Within.Brief, SockEvents.Recv, out _).Count);
        // Linux says so once, and others that it is connected already.
        SockResult again = sock.Connect(backlog.Address);
        Assert.True(!again.IsError || again.Error == NetworkError.AlreadyConnected);
        Assert.True(sock.Socket.Connected);
    }

    [Fact]
    public void A_refused_connect_looks_refused_to_who_asks_as_Core_does()
    {
        using Sock listener = SockForTests.Listen(out EndPoint address);
        listener.Dispose();
        using var sock = new ManagedSock(new Socket(SocketType.Stream, ProtocolType.Tcp));
        SockResult attempt = sock.Connect(address);
        int code = attempt.Error;
        if (code == NetworkError.InProgress)
        {
            Assert.Equal(1, sock.Wait(Within.Long, SockEvents.Send, out _).Count);
            sock.GetSockOpt(SocketOptionLevel.Socket, SocketOptionName.Error, out code);
        }

        Assert.Equal(NetworkError.ConnectionRefused, code);
    }

    [Fact(
        Skip = "Windows has other codes for a path",
        SkipType = typeof(AwaitTests),
        SkipUnless = nameof(AwaitTests.OnPosix)
    )]
    public void The_code_of_a_connect_to_nowhere_is_the_systems_own()
    {
        var nowhere = new UnixDomainSocketEndPoint(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())
        );
        using Sock sock = Sock.Create(AddressFamily.Unix);
        using var managed = new ManagedSock(
            new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        );
        SockOutcome expected = sock.TryConnectComplete(nowhere, Within.Long);
        Assert.Equal(SockStatus.Failed, expected.Status);
        Assert.Equal(expected, managed.TryConnectComplete(nowhere, Within.Long));
    }

    [Fact]
    public async Task What_is_awaited_does_not_come_back_to_the_context_it_began_in()
    {
        using var full = new ManagedPair();
        Fill(full.Near);
        using var idle = new ManagedPair();
        using var backlog = new FullBacklog(new IPEndPoint(IPAddress.Loopback, 0));
        using var connecting = new ManagedSock(new Socket(SocketType.Stream, ProtocolType.Tcp));
        using var failing = new ManagedSock(new Socket(SocketType.Stream, ProtocolType.Tcp));
        var elsewhere = new ForbiddenContext();
        Task[] all = elsewhere.Begin<Task[]>(() =>
            [
                full.Near.WaitAsync(Within.Brief, SockEvents.Send).AsTask(),
                idle.Near.WaitAsync(Within.Brief, SockEvents.Recv).AsTask(),
                connecting.TryConnectCompleteAsync(backlog.Address, Within.Brief).AsTask(),
                failing.ConnectCompleteAsync(backlog.Address, Within.Brief).AsTask(),
            ]
        );
        await Assert.ThrowsAsync<SockException>(() => Task.WhenAll(all));
        Assert.Equal(0, elsewhere.Posts);
    }

    private static void Fill(ManagedSock sock)
    {
        while (!sock.Send(Large, SockFlags.None).IsError) { }
    }
}
