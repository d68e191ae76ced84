using System.Net.Sockets;

namespace BitcoinSock;

/// <summary>
/// Any <see cref="System.IO.Stream"/> as a backend: a TLS connection, a named pipe. It peeks into a
/// buffer of its own and waits by the stream's own async reads and writes, so that deadlines and
/// interrupts hold on any of them.
/// </summary>
/// <remarks>
/// It reads ahead of what is received: take <see cref="Unread"/> before somebody else goes on with
/// the stream. One thread may send while another receives. A read of the stream is nearly always
/// under way, so the stream must be one that can write meanwhile: one that has only
/// <see cref="System.IO.Stream.Read(Span{byte})"/> and <c>Write</c> of its own cannot, because the
/// base class makes the async calls of such a stream wait for each other.
/// </remarks>
public sealed partial class StreamSock : ISockAsync, ISockGone, IDisposable, IAsyncDisposable
{
    private const int BufferLength = 16 * 1024;

    private readonly bool _leaveOpen;
    private readonly byte[] _incoming = new byte[BufferLength];
    private readonly byte[] _outgoing = new byte[BufferLength];
    private readonly CancellationTokenSource _disposing = new();
    private readonly Bell _bell = new();
    private CancellationTokenSource _reads = new();

    // Read ahead: _incoming[_start.._end].
    private int _start;
    private int _end;
    private Task<int>? _reading;
    private Task<int>? _letGo; // a read that Unread cancelled; it may go on
    private Task? _writing;
    private SockResult? _readEnd;
    private SockResult? _writeEnd;
    private bool _isLetGo;

    /// <summary>Takes a stream.</summary>
    /// <param name="stream">The stream; it reads and writes.</param>
    /// <param name="leaveOpen">Whether <see cref="Dispose"/> leaves it open.</param>
    /// <exception cref="ArgumentException">It does not do both.</exception>
    public StreamSock(Stream stream, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead || !stream.CanWrite)
        {
            throw new ArgumentException("A channel reads and writes.", nameof(stream));
        }

        FirstUse.Begin();
        Stream = stream;
        _leaveOpen = leaveOpen;
    }

    CancellationToken ISockGone.Gone => _disposing.Token;

    /// <summary>The stream.</summary>
    public Stream Stream { get; }

    /// <summary>
    /// What the stream threw when it failed: it can say more than a code. Null if it did not.
    /// </summary>
    public Exception? Failure { get; private set; }

    /// <summary>
    /// Takes as many bytes as its buffer holds, and has the stream write them; until that is done
    /// it takes no more. If the stream fails, the next call says so: bytes taken before may be
    /// lost, as those in a system's buffer are.
    /// </summary>
    /// <inheritdoc/>
    public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags)
    {
        if (!CanSend())
        {
            return SockResult.Fail(NetworkError.WouldBlock);
        }

        if (_writeEnd is SockResult end)
        {
            return end;
        }

        data = data[..Math.Min(data.Length, BufferLength)];
        data.CopyTo(_outgoing);
        int count = data.Length;
        Task writing = _writing = Begin(() => WriteAsync(Stream, _outgoing.AsMemory(0, count)));
        // Only if this write has failed: a disposal meanwhile takes nothing back of what was taken.
        bool hasFailed = writing is { IsCompleted: true, IsCompletedSuccessfully: false };
        return hasFailed && CanSend() ? _writeEnd!.Value : SockResult.Ok(count);
    }

    /// <inheritdoc/>
    public SockResult Recv(Span<byte> buffer, SockFlags flags)
    {
        if (!CanRecv())
        {
            return SockResult.Fail(NetworkError.WouldBlock);
        }

        if (_readEnd is SockResult end && _start == _end)
        {
            return end;
        }

        int count = Math.Min(buffer.Length, _end - _start);
        _incoming.AsSpan(_start, count).CopyTo(buffer);
        _start += (flags & SockFlags.Peek) != SockFlags.None ? 0 : count;
        return SockResult.Ok(count);
    }

    /// <inheritdoc/>
    public SockResult Wait(
        TimeSpan timeout,
        SockEvents requested,
        out SockEvents occurred,
        CancellationToken interrupt = default
    )
    {
        var deadline = new Deadline(timeout, TimeProvider.System);
        while (true)
        {
            using Bell.Listening listening = _bell.Listen(interrupt);
            if (Look(requested, deadline, interrupt, out occurred) is SockResult found)
            {
                return found;
            }

            listening.Rung.Wait(deadline.Slice, CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<SockResult> WaitAsync(
        TimeSpan timeout,
        SockEvents requested,
        CancellationToken interrupt = default
    )
    {
        var deadline = new Deadline(timeout, TimeProvider.System);
        while (true)
        {
            using Bell.Listening listening = _bell.Listen(interrupt);
            if (Look(requested, deadline, interrupt, out _) is SockResult found)
            {
                return found;
            }

            // Rounded up, or the last millisecond would be waited for by turning in circles.
            await listening
                .Rung.WaitAsync(
                    TimeSpan.FromMilliseconds(deadline.RemainingMs),
                    CancellationToken.None
                )
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // What a wait would tell now; null if it has to go on.
    private SockResult? Look(
        SockEvents requested,
        Deadline deadline,
        CancellationToken interrupt,
        out SockEvents occurred
    )
    {
        occurred =
            (CanRecv(requested) ? SockEvents.Recv : SockEvents.None)
            | (CanSend(requested) ? SockEvents.Send : SockEvents.None);
        if (IsDisposed)
        {
            occurred = SockEvents.Error;
            return SockResult.Fail(NetworkError.BadHandle);
        }

        return occurred != SockEvents.None ? SockResult.Ok(1)
            : interrupt.IsCancellationRequested ? SockResult.Fail(NetworkError.Interrupted)
            : deadline.HasPassed ? SockResult.Ok(0)
            : null;
    }

    /// <summary>
    /// Ends our side of a <see cref="NetworkStream"/>. Other streams cannot: not even TLS, whose
    /// <c>SslStream.ShutdownAsync</c> fails while there is input that was not read.
    /// </summary>
    /// <returns>
    /// 0; or the code of the error: EAGAIN if a write that is under way does not end within a
    /// second.
    /// </returns>
    public SockResult ShutdownSend()
    {
        if (Stream is not NetworkStream tcp)
        {
            return SockResult.Fail(SocketError.OperationNotSupported);
        }

        _ = EndsInTime(_writing);
        if (!CanSend())
        {
            return SockResult.Fail(NetworkError.WouldBlock);
        }

        if (_writeEnd is SockResult end)
        {
            return end;
        }

        try
        {
            tcp.Socket.Shutdown(SocketShutdown.Send);
            return SockResult.Ok(0);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            return ErrorOf(Task.FromException(failure), SocketError.Shutdown);
        }
    }

    /// <summary>
    /// Takes out what was read ahead, for who goes on with the stream: nothing more is read until
    /// the next receive or wait.
    /// </summary>
    /// <exception cref="TimeoutException">
    /// The stream does not let a read that is under way be cancelled; nothing was taken out.
    /// </exception>
    public byte[] Unread()
    {
        if (_reading is Task<int> reading)
        {
            CancellationTokenSource cancelled = _reads;
            _reads = new CancellationTokenSource();
            cancelled.Cancel();
            _letGo = reading;
            if (!EndsInTime(reading))
            {
                throw new TimeoutException("The stream holds on to a read that was cancelled.");
            }

            if (!reading.IsCanceled)
            {
                CanRecv();
            }
        }

        byte[] unread = _incoming[_start.._end];
        _start = _end;
        return unread;
    }
}
