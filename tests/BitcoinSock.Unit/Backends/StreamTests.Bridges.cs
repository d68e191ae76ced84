using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>A sock as a stream, and as a Socket.</summary>
public partial class StreamTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_reads_and_writes_at_once_and_not_after_its_end(bool managed)
    {
        (Sock first, Sock far) = Sock.CreatePair();
        ISock sock = managed ? new ManagedSock(first.ToSocket()) : first;
        Stream stream = sock.AsStream(leaveOpen: true);
        byte[] buffer = new byte[10];
        IAsyncResult reading = stream.BeginRead(buffer, 0, 10, null, null);
        stream.EndWrite(stream.BeginWrite(buffer, 0, 3, null, null));
        Assert.Equal(3, far.RecvNow().Length);
        far.SendComplete("four", Within.Long);
        Assert.Equal(4, stream.EndRead(reading));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            stream.WriteAsync(buffer, 5, 10, Stop)
        );

        if (managed)
        {
            ValueTask<int> nothing = stream.ReadAsync(Memory<byte>.Empty, Stop);
            Assert.False(nothing.IsCompleted);
            far.SendComplete("x", Within.Long);
            Assert.Equal(0, await nothing);
        }

        stream.Dispose();
        Assert.False(stream.CanRead || stream.CanWrite);
        Assert.Throws<ObjectDisposedException>(() => stream.Read(buffer, 0, 1));
        Assert.Throws<ObjectDisposedException>(() => stream.Write(buffer, 0, 1));
        sock.SendComplete("still open", Within.Long);
        ((IDisposable)sock).Dispose();
        far.Dispose();
    }

    [Fact]
    public void What_was_sent_before_Dispose_arrives()
    {
        (Sock first, Sock far) = Sock.CreatePair();
        byte[] large = new byte[1_000_000];
        var reader = Background.Run(far.Drain);
        using (var sock = new StreamSock(new NetworkStream(first.ToSocket(), ownsSocket: true)))
        {
            sock.SendComplete(large, Within.Long);
        }

        Assert.Equal(large.Length, reader.Join().Length);
        far.Dispose();
    }

    [Fact]
    public void A_disposal_in_the_middle_of_a_send_takes_back_nothing_that_the_stream_got()
    {
        var stream = new DisposingStream();
        var sock = new StreamSock(stream);
        stream.Writing = sock.Dispose;
        SockOutcome sent = sock.TrySendComplete(new byte[20_000], Within.Long);
        Assert.Equal(SockOutcome.Failed(NetworkError.BadHandle, stream.Written), sent);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_disposal_in_the_middle_of_a_read_is_no_end_and_no_failure_of_the_stream(
        bool fails
    )
    {
        var stream = new DisposingStream();
        var sock = new StreamSock(stream);
        stream.Reading = () =>
        {
            sock.Dispose();
            return fails ? throw new SocketException((int)SocketError.OperationAborted) : 0;
        };
        SockResult got = sock.Recv(new byte[1], SockFlags.None);
        Assert.Equal(SockResult.Fail(NetworkError.BadHandle), got);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sock_as_a_stream_honours_its_timeouts_and_cancellation(bool managed)
    {
        (Sock first, Sock far) = Sock.CreatePair();
        ISock sock = managed ? new ManagedSock(first.ToSocket()) : first;
        using Stream stream = sock.AsStream();
        Assert.True(stream is { CanRead: true, CanWrite: true, CanSeek: false, CanTimeout: true });
        Assert.Equal(Timeout.Infinite, stream.ReadTimeout);
        stream.ReadTimeout = 1; // the least there is
        Assert.Throws<SockException>(() => stream.ReadByte());
        stream.ReadTimeout = 20;
        stream.WriteTimeout = 20;
        var read = Assert.Throws<SockException>(() => stream.ReadByte());
        Assert.Equal(SockStatus.Timeout, read.Status);
        var write = Assert.Throws<SockException>(() => stream.Write(new byte[20_000_000]));
        Assert.Equal(SockStatus.Timeout, write.Status);
        Assert.InRange(write.Count, 1, 19_999_999);
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.ReadTimeout = 0);

        using var soon = new CancellationTokenSource(Within.Brief);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await stream.ReadExactlyAsync(new byte[1], soon.Token)
        );
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await stream.WriteAsync(new byte[20_000_000], soon.Token)
        );

        ValueTask<int> late = stream.ReadAsync(new byte[10], Stop);
        far.SendComplete("bytes", Within.Long);
        Assert.Equal(5, await late);
        far.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sock_as_a_stream_refuses_what_a_stream_must(bool managed)
    {
        Assert.Throws<ArgumentNullException>(() => ((ISock)null!).AsStream());
        (Sock first, Sock far) = Sock.CreatePair();
        using Sock end = far;
        Stream stream = (managed ? (ISock)new ManagedSock(first.ToSocket()) : first).AsStream();
        byte[] one = new byte[1];
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Read(one, 0, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Write(one, 0, 2));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            stream.ReadAsync(one, 0, 2, Stop)
        );
        Assert.Throws<ArgumentNullException>(() => stream.Read(null!, 0, 0));
        Assert.Throws<ArgumentNullException>(() => stream.Write(null!, 0, 0));
        await Assert.ThrowsAsync<ArgumentNullException>(() => stream.ReadAsync(null!, 0, 0, Stop));
        await Assert.ThrowsAsync<ArgumentNullException>(() => stream.WriteAsync(null!, 0, 0, Stop));
        Assert.Throws<NotSupportedException>(() => stream.SetLength(1));
        Assert.Throws<NotSupportedException>(() => stream.Position = 1);
        Assert.Throws<NotSupportedException>(() => stream.Seek(0, SeekOrigin.Begin));
        stream.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.ReadAsync(one, 0, 1, Stop));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.WriteAsync(one, 0, 1, Stop));
        Assert.Equal(0, far.Recv(one).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_byte_by_itself_is_read_and_not_in_the_context_it_was_asked_in(bool managed)
    {
        (Sock first, Sock far) = Sock.CreatePair();
        using Sock end = far;
        using Stream stream = (
            managed ? (ISock)new ManagedSock(first.ToSocket()) : first
        ).AsStream();
        var elsewhere = new ForbiddenContext();
        Task<int> late = elsewhere.Begin(() => stream.ReadAsync(new byte[9], 0, 9, Stop));
        far.SendComplete("x", Within.Long);
        Assert.Equal(1, await late);
        far.SendComplete("y", Within.Long);
        Assert.Equal(1, await stream.ReadAsync(new byte[9], Stop));
        Assert.Equal(0, elsewhere.Posts);
    }

    [Fact]
    public async Task A_pipe_reads_and_writes_a_sock()
    {
        (Sock first, Sock far) = Sock.CreatePair();
        Stream stream = new ManagedSock(first.ToSocket()).AsStream();
        var writer = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        await writer.WriteAsync("out\n"u8.ToArray(), Stop);
        Assert.Equal("out\n"u8, far.RecvNow());

        far.SendComplete("in\n", Within.Long);
        far.ShutdownSend();
        var reader = PipeReader.Create(stream);
        ReadResult result = await reader.ReadAtLeastAsync(10, Stop);
        Assert.Equal("in\n"u8, result.Buffer.ToArray());
        Assert.True(result.IsCompleted);
        await reader.CompleteAsync();
        Assert.Equal(0, far.Recv(new byte[1]).Count); // the stream closed the sock
        far.Dispose();
    }

    [Fact]
    public void A_descriptor_goes_to_a_Socket_and_comes_back()
    {
        (Sock sock, Sock far) = Sock.CreatePair();
        CSocket descriptor = sock.Get();
        sock.SetNonBlocking();
        Socket socket = sock.ToSocket();
        Assert.True(sock.IsEmpty && socket.Blocking && socket.Connected);
        Assert.Equal(descriptor.Value, socket.Handle);

        // Blocking for real: it waits for bytes that come later.
        var receiver = Background.Run(() => socket.Receive(new byte[1]));
        receiver.UntilBlocked();
        far.SendComplete("x", Within.Long);
        Assert.Equal(1, receiver.Join());

        using Sock back = Sock.From(socket);
        Assert.True(socket.SafeHandle.IsClosed);
        far.SendComplete("y", Within.Long);
        Assert.Equal("y"u8, back.RecvNow());
        var empty = Assert.Throws<InvalidOperationException>(() => sock.ToSocket());
        Assert.Equal("There is no descriptor to hand over.", empty.Message);
        far.Dispose();
    }
}
