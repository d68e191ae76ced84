using System.Runtime.CompilerServices;

namespace BitcoinSock;

/// <summary>The way to a <see cref="Stream"/>.</summary>
public static class SockStreams
{
    /// <summary>A <see cref="Stream"/> of a sock: for SslStream, PipeReader and the like.</summary>
    /// <param name="sock">
    /// The sock. If it is an <see cref="ISockAsync"/>, as all of the library's are, the stream's
    /// async calls hold no thread; otherwise one that waits holds a thread of the pool, and a read
    /// of nothing, by which some await that there is something, does not wait.
    /// </param>
    /// <param name="leaveOpen">Whether disposing the stream leaves the sock open.</param>
    /// <returns>
    /// A stream that honours <see cref="Stream.ReadTimeout"/>, <see cref="Stream.WriteTimeout"/>
    /// and cancellation, and throws <see cref="SockException"/>, which is an <see
    /// cref="IOException"/>. To end our side only, call the sock's
    /// <see cref="ISockShutdownSend.ShutdownSend"/>.
    /// </returns>
    public static Stream AsStream(this ISock sock, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(sock);
        return new SockStream(sock, leaveOpen);
    }
}

/// <summary>A sock as a <see cref="Stream"/>, for whatever reads and writes one.</summary>
internal sealed class SockStream(ISock sock, bool leaveOpen) : Stream
{
    private TimeSpan _readTimeout = Timeout.InfiniteTimeSpan;
    private TimeSpan _writeTimeout = Timeout.InfiniteTimeSpan;
    private volatile bool _isDisposed;

    public override bool CanRead => !_isDisposed;

    public override bool CanWrite => !_isDisposed;

    public override bool CanSeek => false;

    public override bool CanTimeout => true;

    public override int ReadTimeout
    {
        get => Deadline.ToMilliseconds(_readTimeout);
        set => _readTimeout = FromMilliseconds(value);
    }

    public override int WriteTimeout
    {
        get => Deadline.ToMilliseconds(_writeTimeout);
        set => _writeTimeout = FromMilliseconds(value);
    }

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer) => Read(buffer, _readTimeout, default);

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        sock.SendComplete(buffer, _writeTimeout);
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer,
        CancellationToken cancellationToken = default
    )
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (sock is not ISockAsync awaited)
        {
            return await Task.Run(
                    () => Read(buffer.Span, Timeout.InfiniteTimeSpan, cancellationToken),
                    cancellationToken
                )
                .ConfigureAwait(false);
        }

        SockOutcome outcome = await Driver
            .RunAsync(
                awaited,
                null,
                new RecvSomeJob(awaited),
                buffer,
                static buffer => buffer.Span,
                Timeout.InfiniteTimeSpan,
                cancellationToken
            )
            .ConfigureAwait(false);
        return CountOf(outcome, buffer.Span, cancellationToken);
    }

    public override Task<int> ReadAsync(
        byte[] buffer,
        int offset,
        int count,
        CancellationToken cancellationToken
    )
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    // The base class would let one call wait for the other to end.
    public override IAsyncResult BeginRead(
        byte[] buffer,
        int offset,
        int count,
        AsyncCallback? callback,
        object? state
    ) => TaskToAsyncResult.Begin(ReadAsync(buffer, offset, count, default), callback, state);

    public override int EndRead(IAsyncResult asyncResult) =>
        TaskToAsyncResult.End<int>(asyncResult);

    public override IAsyncResult BeginWrite(
        byte[] buffer,
        int offset,
        int count,
        AsyncCallback? callback,
        object? state
    ) => TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, default), callback, state);

    public override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

    public override ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer,
        CancellationToken cancellationToken = default
    )
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return sock is ISockAsync awaited
            ? awaited.SendCompleteAsync(buffer, Timeout.InfiniteTimeSpan, cancellationToken)
            : new ValueTask(
                Task.Run(
                    () =>
                        sock.SendComplete(buffer.Span, Timeout.InfiniteTimeSpan, cancellationToken),
                    cancellationToken
                )
            );
    }

    public override Task WriteAsync(
        byte[] buffer,
        int offset,
        int count,
        CancellationToken cancellationToken
    )
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override void Flush() { }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        if (!leaveOpen && sock is IAsyncDisposable owned)
        {
            _isDisposed = true;
            await owned.DisposeAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        _isDisposed = true;
        if (disposing && !leaveOpen && sock is IDisposable owned)
        {
            owned.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Read(Span<byte> buffer, TimeSpan timeout, CancellationToken interrupt)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (buffer.IsEmpty)
        {
            return 0;
        }

        var job = new RecvSomeJob(sock);
        SockOutcome outcome = Driver.Run(sock, null, ref job, buffer, timeout, interrupt);
        return CountOf(outcome, buffer, interrupt);
    }

    // The end of the stream is no error of a stream's.
    private static int CountOf(
        SockOutcome outcome,
        ReadOnlySpan<byte> buffer,
        CancellationToken interrupt
    )
    {
        if (outcome.Status == SockStatus.Closed)
        {
            return 0;
        }

        outcome.ThrowIfRecvFailed(buffer, interrupt);
        return outcome.Count;
    }

    private static TimeSpan FromMilliseconds(int value) =>
        value is > 0 or Timeout.Infinite
            ? TimeSpan.FromMilliseconds(value)
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Positive, or infinite.");
}
