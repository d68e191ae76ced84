using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>Socks as streams, streams as socks, and sockets as either.</summary>
public partial class StreamTests
{
    private const byte Newline = (byte)'\n';

    public static TheoryData<bool> PlainAndTls =>
        [
            new TheoryDataRow<bool>(false),
            new TheoryDataRow<bool>(true)
            {
                Skip = Wine.IsHere ? "Wine 8 makes no key for a certificate" : null,
            },
        ];

    // The main story: connect, a handshake with exact reads, then TLS on the very same socket.
    [Theory(
        Skip = "Wine 8 makes no key for a certificate",
        SkipType = typeof(Wine),
        SkipWhen = nameof(Wine.IsHere)
    )]
    [InlineData("AsStream")]
    [InlineData("ToSocket")]
    [InlineData("ManagedSock")]
    public async Task After_SOCKS5_comes_TLS_on_the_same_socket_and_not_a_byte_is_lost(string way)
    {
        using Sock listener = Sock.Create(AddressFamily.InterNetwork);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0)).ThrowIfError("bind");
        listener.Listen(1).ThrowIfError("listen");
        listener.GetSockName(out EndPoint? proxy).ThrowIfError("getsockname");
        Task server = Task.Run(
            () => ProxyAndServer(listener),
            TestContext.Current.CancellationToken
        );

        Sock sock = Sock.Create(AddressFamily.InterNetwork);
        sock.ConnectComplete(proxy!, Within.Long);
        sock.SendComplete([5, 1, 0], Within.Long); // version 5, one method: none
        byte[] method = new byte[2];
        sock.RecvComplete(method, Within.Long);
        Assert.Equal([5, 0], method);
        ReadOnlySpan<byte> name = "localhost"u8;
        sock.SendComplete([5, 1, 0, 3, (byte)name.Length, .. name, 0, 80], Within.Long);
        byte[] reply = new byte[4 + 4 + 2];
        sock.RecvComplete(reply, Within.Long);
        Assert.Equal(0, reply[1]);

        Stream stream = way switch
        {
            "AsStream" => sock.AsStream(),
            "ToSocket" => new NetworkStream(sock.ToSocket(), ownsSocket: true),
            _ => new ManagedSock(sock.ToSocket()).AsStream(),
        };
        using (var secure = new StreamSock(await Tls.ConnectAsync(stream)))
        {
            secure.SendComplete("who is there?\n", Within.Long);
            string line = secure.RecvUntilTerminator(Newline, Within.Long, default, 100);
            Assert.Equal("the server\r", line);
        }

        await server;
    }

    private static async Task ProxyAndServer(Sock listener)
    {
        listener.Accept(out Sock client).ThrowIfError("accept");
        byte[] greeting = new byte[3];
        client.RecvComplete(greeting, Within.Long);
        client.SendComplete([5, 0], Within.Long);
        byte[] head = new byte[5];
        client.RecvComplete(head, Within.Long);
        byte[] rest = new byte[head[4] + 2];
        client.RecvComplete(rest, Within.Long);
        foreach (byte one in (byte[])[5, 0, 0, 1, 127, 0, 0, 1, 0, 80])
        {
            client.SendComplete([one], Within.Long);
        }

        using var secure = new StreamSock(await Tls.ServeAsync(client.AsStream()));
        string line = secure.RecvUntilTerminator(Newline, Within.Long, default, 100);
        Assert.Equal("who is there?", line);
        secure.SendComplete("the server\r\n", Within.Long);
        Assert.Equal(SockStatus.Closed, secure.TryRecvComplete(new byte[1], Within.Long).Status);
    }

    [Theory]
    [MemberData(nameof(PlainAndTls))]
    public async Task What_was_read_ahead_can_be_taken_out(bool isTls)
    {
        (Stream near, Stream far) = await StreamPair(isTls);
        using var sock = new StreamSock(near, leaveOpen: true);
        await far.WriteAsync("line\nanother protocol"u8.ToArray(), Stop);
        Assert.Equal("line", sock.RecvUntilTerminator(Newline, Within.Long, default, 100));
        Assert.Equal("another protocol"u8, sock.Unread());
        Assert.Empty(sock.Unread());

        // With a read under way, which is let go.
        Assert.Equal(0, sock.Wait(Within.Brief, SockEvents.Recv, out _).Count);
        Assert.Empty(sock.Unread());
        await far.WriteAsync("more"u8.ToArray(), Stop);
        byte[] more = new byte[4];
        await near.ReadExactlyAsync(more, Stop);
        Assert.Equal("more"u8, more);
        await far.WriteAsync("last"u8.ToArray(), Stop);
        Assert.Equal(SockOutcome.Ok(4), sock.TryRecvComplete(more, Within.Long));
        Assert.Equal("last"u8, more);
        near.Dispose();
        far.Dispose();
    }

    [Fact(
        Skip = "Wine 8 makes no key for a certificate",
        SkipType = typeof(Wine),
        SkipWhen = nameof(Wine.IsHere)
    )]
    public async Task A_stream_that_fails_says_why()
    {
        (Stream near, Stream far) = await StreamPair(isTls: true);
        using var sock = new StreamSock(near);
        ((SslStream)far).Dispose();
        Assert.Equal(SockStatus.Closed, sock.TryRecvComplete(new byte[1], Within.Long).Status);

        using var broken = new StreamSock(new BrokenStream());
        SockOutcome outcome = broken.TryRecvComplete(new byte[1], Within.Long);
        Assert.Equal(SockStatus.Failed, outcome.Status);
        Assert.Equal(NetworkError.NativeCode(SocketError.ConnectionReset), outcome.Error);
        Assert.Equal("no luck", broken.Failure!.Message);
        Assert.Throws<ArgumentException>(() => new StreamSock(new MemoryStream([1], false)));
    }

    [Fact]
    public void A_write_that_the_stream_cancels_is_a_failure()
    {
        using var sock = new StreamSock(new OddStream());
        SockOutcome outcome = sock.TrySendComplete(new byte[100_000], Within.Long);
        Assert.Equal(SockStatus.Failed, outcome.Status);
        Assert.IsType<TaskCanceledException>(sock.Failure);
    }

    [Fact]
    public void A_read_that_cannot_be_let_go_goes_on()
    {
        var stream = new OddStream();
        using var sock = new StreamSock(stream);
        Assert.Equal(0, sock.Wait(TimeSpan.FromMilliseconds(1), SockEvents.Recv, out _).Count);
        var holdsOn = Assert.Throws<TimeoutException>(() => sock.Unread());
        Assert.Equal("The stream holds on to a read that was cancelled.", holdsOn.Message);
        byte[] one = new byte[1];
        for (int i = 0; i < 3; i++)
        {
            stream.Arrive();
            Assert.True(sock.TryRecvComplete(one, Within.Long).IsOk);
        }
    }

    [Fact]
    public void A_read_that_was_let_go_too_late_does_no_harm()
    {
        using var stream = new GatedStream { IsSlowToCancel = true };
        using var sock = new StreamSock(stream);
        Assert.Equal(0, sock.Wait(TimeSpan.FromMilliseconds(1), SockEvents.Recv, out _).Count);
        Assert.Throws<TimeoutException>(() => sock.Unread());
        stream.Arrive(); // the read ends, cancelled
        byte[] one = new byte[1];
        Assert.Equal(SockStatus.Timeout, sock.TryRecvComplete(one, Within.Brief).Status);
        stream.Arrive();
        Assert.Equal(SockOutcome.Ok(1), sock.TryRecvComplete(one, Within.Long));
    }

    [Fact(DisableParallelization = true)]
    public async Task A_deadline_holds_while_nobody_in_the_thread_pool_has_time()
    {
        using var stream = new GatedStream();
        using var sock = new StreamSock(stream);
        using var done = new ManualResetEventSlim();
        Task[] busy = [.. Enumerable.Range(0, 100).Select(_ => Task.Run(done.Wait, Stop))];
        long start = Stopwatch.GetTimestamp();
        SockOutcome outcome = sock.TryRecvComplete(new byte[1], Within.Brief);
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        done.Set();
        await Task.WhenAll(busy);
        Assert.Equal(SockStatus.Timeout, outcome.Status);
        Assert.InRange(took, Within.Brief, Within.Brief + Sock.MaxWaitForIo);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<(Stream Near, Stream Far)> StreamPair(bool isTls)
    {
        (Sock first, Sock second) = Sock.CreatePair(AddressFamily.InterNetwork);
        Stream near = new NetworkStream(first.ToSocket(), ownsSocket: true);
        Stream far = new NetworkStream(second.ToSocket(), ownsSocket: true);
        if (isTls)
        {
            Task<SslStream> server = Tls.ServeAsync(far);
            near = await Tls.ConnectAsync(near);
            far = await server;
        }

        return (near, far);
    }

    /// <summary>Looks at a token only when it begins to read; cancels every write.</summary>
    private sealed class OddStream : MemoryStream
    {
        private readonly SemaphoreSlim _arrived = new(0);

        public void Arrive() => _arrived.Release();

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            cancellationToken.ThrowIfCancellationRequested();
            await _arrived.WaitAsync(CancellationToken.None);
            return 1;
        }

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => throw new TaskCanceledException();
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => throw new IOException("no luck");
    }

    /// <summary>Has something happen while it reads or writes.</summary>
    private sealed class DisposingStream : MemoryStream
    {
        public Action Writing { get; set; } = () => { };

        public Func<int> Reading { get; set; } = () => 0;

        public int Written { get; private set; }

        public override ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => new(Reading());

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            Written += buffer.Length;
            Writing();
            return default;
        }
    }
}
