namespace BitcoinSock;

/// <summary>
/// Reads frames that end in a terminator, many to a peek: one large peek shows what is there, then
/// each frame, or each batch of frames, is consumed by one call. At every return exactly what was
/// returned is consumed, so that another reader of the same descriptor goes on behind it.
/// </summary>
/// <remarks>
/// Between calls it remembers what a peek has shown. If somebody else reads in between, that is
/// found out when bytes come that are not those, and the call ends as
/// <see cref="SockStatus.Inconsistent"/>; the call after that starts anew from what is there.
/// (While nothing comes it waits: a system may say "would block" of bytes that it has.) One thread
/// at a time.
/// </remarks>
public sealed partial class FrameReader
{
    private const int DefaultWindow = 64 * 1024;

    // What listeners know them by.
    private const string OneFrame = $"{nameof(FrameReader)}.{nameof(Read)}";
    private const string Batch = $"{nameof(FrameReader)}.{nameof(ReadBatch)}";

    private readonly ISock _sock;
    private readonly byte[] _terminator;
    private readonly int _maxFrame;

    // Shown by a peek and not consumed yet: _window[_start.._end].
    private byte[] _window;
    private byte[] _nextWindow;
    private int _start;
    private int _end;
    private bool _isContradicted;

    // How many frames the last call has read, and where one that is read alone is noted.
    private int _complete;
    private readonly Range[] _one = new Range[1];

    // Consumed by the last call, unless it read into a buffer of the caller's.
    private byte[] _taken;

    /// <summary>Reads frames that end in one byte.</summary>
    /// <param name="sock">Where from; it stays the caller's.</param>
    /// <param name="terminator">The byte that ends a frame; any.</param>
    /// <param name="maxFrame">
    /// How many bytes a frame may have at most, with its terminator; one that memory cannot hold is
    /// TooLong in any case.
    /// </param>
    /// <param name="window">How many bytes a peek asks for; frames may be longer.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The limit is negative, or the window not positive.
    /// </exception>
    /// <exception cref="ArgumentException">The sock is known to be no stream.</exception>
    public FrameReader(ISock sock, byte terminator, int maxFrame, int window = DefaultWindow)
        : this(sock, [terminator], maxFrame, window) { }

    /// <summary>Reads frames that end in some bytes, such as CR LF.</summary>
    /// <inheritdoc cref="FrameReader(ISock, byte, int, int)" path="/exception"/>
    /// <param name="sock">Where from; it stays the caller's.</param>
    /// <param name="terminator">The bytes that end a frame; at least one.</param>
    /// <param name="maxFrame">
    /// How many bytes a frame may have at most, with its terminator; one that memory cannot hold is
    /// TooLong in any case.
    /// </param>
    /// <param name="window">
    /// How many bytes a peek asks for, at least the terminator's length; frames may be longer.
    /// </param>
    /// <exception cref="ArgumentException">The terminator is empty.</exception>
    public FrameReader(
        ISock sock,
        ReadOnlySpan<byte> terminator,
        int maxFrame,
        int window = DefaultWindow
    )
    {
        ArgumentNullException.ThrowIfNull(sock);
        StreamsOnly.ThrowIfItHasMessages(sock);
        if (terminator.IsEmpty)
        {
            throw new ArgumentException("A terminator has at least one byte.", nameof(terminator));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(maxFrame);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, terminator.Length);
        FirstUse.Begin();
        _sock = sock;
        _terminator = terminator.ToArray();
        _maxFrame = Math.Min(maxFrame, Array.MaxLength); // no buffer holds more
        _window = new byte[window];
        _nextWindow = new byte[window];
        _taken = new byte[window];
    }

    /// <summary>
    /// What a peek has shown and was not consumed. After <see cref="SockStatus.Inconsistent"/> it
    /// begins with what was shown in place of what then came.
    /// </summary>
    public ReadOnlySpan<byte> Peeked => _window.AsSpan(_start, _end - _start);

    /// <summary>Reads one frame.</summary>
    /// <param name="frame">
    /// The frame without its terminator, valid until the next call. If there is none, the bytes
    /// that were consumed; they are the caller's, and a terminator of several bytes that began in
    /// them is not looked for by the next call.
    /// </param>
    /// <param name="timeout">
    /// For the whole: zero is one try, <see cref="Timeout.InfiniteTimeSpan"/> no deadline.
    /// </param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <returns>
    /// Ok, Closed, Timeout, Interrupted, TooLong, Failed or Inconsistent; the count is the length
    /// of <paramref name="frame"/>.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public SockOutcome TryRead(
        out ReadOnlySpan<byte> frame,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        var target = new Target(_one, default, isReaders: true);
        SockOutcome outcome = Read(OneFrame, target, _maxFrame, timeout, interrupt);
        outcome = WithoutTerminator(outcome);
        frame = _taken.AsSpan(0, outcome.Count);
        return outcome;
    }

    /// <summary>Reads one frame into a buffer of the caller's.</summary>
    /// <param name="destination">
    /// Where the frame goes, then its terminator. Its length is a limit as well.
    /// </param>
    /// <param name="timeout">For the whole.</param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <returns>
    /// Ok, with the length of the frame without its terminator. Closed, Timeout, Interrupted,
    /// TooLong, Failed or Inconsistent, with the number of bytes consumed, which are at the
    /// front of <paramref name="destination"/>.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public SockOutcome TryRead(
        Span<byte> destination,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        var target = new Target(_one, destination);
        int limit = Math.Min(_maxFrame, destination.Length);
        return WithoutTerminator(Read(OneFrame, target, limit, timeout, interrupt));
    }

    /// <summary>
    /// Reads every complete frame that one peek shows, but at least one: two calls, however many
    /// they are, or one for those that the peek of an earlier call has shown.
    /// </summary>
    /// <param name="frames">Where to note them; its length is how many are taken at most.</param>
    /// <param name="batch">
    /// The frames, valid until the next call. If it does not end well: those that were complete
    /// before, and all the bytes that were consumed.
    /// </param>
    /// <param name="timeout">For the whole.</param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <returns>
    /// Ok, Closed, Timeout, Interrupted, TooLong, Failed or Inconsistent; the count is of all bytes
    /// consumed, terminators included.
    /// </returns>
    /// <exception cref="ArgumentException">There is no room to note a frame.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public SockOutcome TryReadBatch(
        Span<Range> frames,
        out FrameBatch batch,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        if (frames.IsEmpty)
        {
            throw new ArgumentException("A batch has at least one frame.", nameof(frames));
        }

        var target = new Target(frames, default, isReaders: true);
        SockOutcome outcome = Read(Batch, target, _maxFrame, timeout, interrupt);
        batch = new FrameBatch(_taken.AsSpan(0, outcome.Count), frames[.._complete]);
        return outcome;
    }

    /// <summary>Reads one frame, or throws.</summary>
    /// <inheritdoc cref="TryRead(out ReadOnlySpan{byte}, TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <returns>The frame without its terminator, valid until the next call.</returns>
    /// <exception cref="SockException">There is no such frame.</exception>
    /// <exception cref="SockInterruptedException">The interrupt fired.</exception>
    public ReadOnlySpan<byte> Read(TimeSpan timeout, CancellationToken interrupt = default)
    {
        TryRead(out ReadOnlySpan<byte> frame, timeout, interrupt)
            .ThrowIfLineFailed(frame, interrupt);
        return frame;
    }

    /// <summary>Reads one frame into a buffer of the caller's, or throws.</summary>
    /// <inheritdoc cref="TryRead(Span{byte}, TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <returns>The length of the frame without its terminator.</returns>
    /// <exception cref="SockException">There is no such frame.</exception>
    /// <exception cref="SockInterruptedException">The interrupt fired.</exception>
    public int Read(Span<byte> destination, TimeSpan timeout, CancellationToken interrupt = default)
    {
        SockOutcome outcome = TryRead(destination, timeout, interrupt);
        outcome.ThrowIfLineFailed(destination, interrupt);
        return outcome.Count;
    }

    /// <summary>Reads every complete frame at hand, but at least one, or throws.</summary>
    /// <inheritdoc cref="TryReadBatch(Span{Range}, out FrameBatch, TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <returns>The frames, valid until the next call.</returns>
    /// <exception cref="SockException">
    /// There is no frame; Received has all bytes that were consumed.
    /// </exception>
    /// <exception cref="SockInterruptedException">The interrupt fired.</exception>
    public FrameBatch ReadBatch(
        Span<Range> frames,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        TryReadBatch(frames, out FrameBatch batch, timeout, interrupt)
            .ThrowIfLineFailed(batch.Bytes, interrupt);
        return batch;
    }
}
