namespace BitcoinSock;

/// <summary>
/// Reads frames, many to a peek: one large peek shows what is there, then each frame, or each batch
/// of frames, is consumed by one call. At every return exactly what was returned is consumed, so
/// that another reader of the same descriptor goes on behind it; or, if it
/// <see cref="IsDeferred"/>, after <see cref="Settle"/>.
/// </summary>
/// <remarks>
/// <para>
/// What has come of a frame that is not complete is consumed before a wait: that is the
/// <see cref="Partial"/>, which stays with the reader and is gone on with. A batch may leave one
/// too, though it ends well: if fewer bytes came than had been shown.
/// </para>
/// <para>
/// Between calls it remembers what a peek has shown. If somebody else reads in between, that is
/// found out when bytes come that are not those, and the call ends as
/// <see cref="SockStatus.Inconsistent"/>; the partial has what came, and the call after that starts
/// anew from what is there. (While nothing comes it waits: a system may say "would block" of bytes
/// that it has.)
/// </para>
/// <para>
/// It holds memory only while there is something in it: from a peek that shows bytes to the first
/// call that finds none. One thread at a time.
/// </para>
/// </remarks>
public sealed partial class FrameReader : IDisposable
{
    private const int DefaultWindow = 64 * 1024;

    // What listeners know them by.
    private const string OneFrame = $"{nameof(FrameReader)}.{nameof(Read)}";
    private const string Batch = $"{nameof(FrameReader)}.{nameof(ReadBatch)}";
    private const string Settling = $"{nameof(FrameReader)}.{nameof(Settle)}";

    private readonly ISock _sock;
    private readonly Framing _framing;
    private readonly int _maxFrame;
    private readonly int _window;

    /// <summary>Reads frames that end in one byte.</summary>
    /// <inheritdoc cref="FrameReader(ISock, Framing, int, int)" path="/exception"/>
    /// <param name="sock">Where from; it stays the caller's.</param>
    /// <param name="terminator">The byte that ends a frame; any.</param>
    /// <param name="maxFrame">
    /// How many bytes a frame may have at most, with its terminator; one that memory cannot hold is
    /// TooLong in any case.
    /// </param>
    /// <param name="window">How many bytes a peek asks for; frames may be longer.</param>
    public FrameReader(ISock sock, byte terminator, int maxFrame, int window = DefaultWindow)
        : this(sock, Framing.EndsIn(terminator), maxFrame, window) { }

    /// <summary>Reads frames that end in some bytes, such as CR LF.</summary>
    /// <inheritdoc cref="FrameReader(ISock, Framing, int, int)" path="/exception"/>
    /// <param name="sock">Where from; it stays the caller's.</param>
    /// <param name="terminator">The bytes that end a frame; at least one.</param>
    /// <param name="maxFrame">
    /// How many bytes a frame may have at most, with its terminator; one that memory cannot hold is
    /// TooLong in any case.
    /// </param>
    /// <param name="window">How many bytes a peek asks for; frames may be longer.</param>
    /// <exception cref="ArgumentException">The terminator is empty.</exception>
    public FrameReader(
        ISock sock,
        ReadOnlySpan<byte> terminator,
        int maxFrame,
        int window = DefaultWindow
    )
        : this(sock, Framing.EndsIn(terminator), maxFrame, window) { }

    /// <summary>Reads frames of any kind.</summary>
    /// <param name="sock">Where from; it stays the caller's.</param>
    /// <param name="framing">How they are recognised.</param>
    /// <param name="maxFrame">
    /// How many bytes a frame may have at most, with header and terminator; one that memory cannot
    /// hold is TooLong in any case.
    /// </param>
    /// <param name="window">How many bytes a peek asks for; frames may be longer.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The limit is negative, or the window not positive.
    /// </exception>
    /// <exception cref="ArgumentException">The sock is known to be no stream.</exception>
    public FrameReader(ISock sock, Framing framing, int maxFrame, int window = DefaultWindow)
    {
        ArgumentNullException.ThrowIfNull(sock);
        ArgumentNullException.ThrowIfNull(framing);
        StreamsOnly.ThrowIfItHasMessages(sock);
        ArgumentOutOfRangeException.ThrowIfNegative(maxFrame);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(window);
        FirstUse.Begin();
        _sock = sock;
        _framing = framing;
        _maxFrame = Math.Min(maxFrame, Array.MaxLength); // no buffer holds more
        _window = window;
    }

    /// <summary>
    /// Whether frames are consumed together, and not each by a call of its own: before a wait, when
    /// all that was shown is returned, by <see cref="Settle"/> and by <see cref="Dispose"/>. A
    /// frame then costs what one of a batch does. Until then the descriptor stands before frames
    /// that were returned.
    /// </summary>
    public bool IsDeferred { get; init; }

    /// <summary>
    /// What is consumed of a frame that is not complete: the next call goes on with it, unless it
    /// was taken. After <see cref="SockStatus.Inconsistent"/> it ends in what came instead of what
    /// was shown, and is gone at the next read. Valid until the next call.
    /// </summary>
    public ReadOnlySpan<byte> Partial => _held.AsSpan(_start, PartialLength);

    /// <summary>
    /// What a peek has shown and was not consumed, behind what was returned; valid until the next
    /// call.
    /// </summary>
    public ReadOnlySpan<byte> Peeked => _held.AsSpan(Behind, _shown - Behind);

    /// <summary>
    /// Makes the <see cref="Partial"/> the caller's: the next frame begins behind it.
    /// </summary>
    public byte[] TakePartial()
    {
        byte[] taken = Partial.ToArray();
        if (taken.Length > 0 || _isContradicted)
        {
            BeginFrameAt(Behind);
        }

        GiveBackIfEmpty();
        return taken;
    }

    /// <summary>
    /// Forgets what was shown and is not consumed, before somebody else reads. The partial stays.
    /// Where reading is deferred, <see cref="Settle"/> comes first: frames that were returned and
    /// not settled are else read again, from where the descriptor stands, which may be within one.
    /// </summary>
    public void Forget()
    {
        _shown = _taken;
        // What the partial has told of its length stays known; what else was shown may tell anew.
        if (_start > _taken || (!_isContradicted && _searched > PartialLength))
        {
            BeginFrameAt(Math.Min(_start, _taken));
        }

        GiveBackIfEmpty();
    }

    /// <summary>Reads one frame.</summary>
    /// <param name="frame">
    /// The frame without its terminator, valid until the next call. If there is none, the
    /// <see cref="Partial"/>.
    /// </param>
    /// <param name="timeout">
    /// For the whole: zero is one try, <see cref="Timeout.InfiniteTimeSpan"/> no deadline.
    /// </param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <returns>
    /// Ok, Closed, Timeout, Interrupted, TooLong, Failed or Inconsistent; the count is the length
    /// of <paramref name="frame"/>. TooLong it stays until the partial is taken.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public SockOutcome TryRead(
        out ReadOnlySpan<byte> frame,
        TimeSpan timeout,
        CancellationToken interrupt = default
    )
    {
        SockOutcome outcome = TryReadShown(timeout)
            ? OneIsRead
            : OfOne(Read(OneFrame, default, timeout, interrupt));
        frame = outcome.IsOk ? _held.AsSpan(_first, outcome.Count) : Partial;
        return outcome;
    }

    /// <summary>
    /// Reads every complete frame that one peek shows, but at least one: two calls, however many
    /// they are, or one for those that the peek of an earlier call has shown.
    /// </summary>
    /// <param name="frames">Where to note them; its length is how many are taken at most.</param>
    /// <param name="batch">
    /// The frames, valid until the next call. If there are none, its bytes are the
    /// <see cref="Partial"/>.
    /// </param>
    /// <param name="timeout">For the whole.</param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <returns>
    /// Ok, Closed, Timeout, Interrupted, TooLong, Failed or Inconsistent; the count is of the bytes
    /// of <paramref name="batch"/>, terminators included.
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
        ThrowIfThereIsNoRoom(frames);
        SockOutcome outcome = Read(Batch, frames, timeout, interrupt);
        batch = outcome.IsOk
            ? new FrameBatch(_held.AsSpan(_first, outcome.Count), frames[.._found])
            : new FrameBatch(Partial, default);
        return outcome;
    }

    /// <summary>Reads one frame, or throws.</summary>
    /// <inheritdoc cref="TryRead(out ReadOnlySpan{byte}, TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <returns>The frame without its terminator, valid until the next call.</returns>
    /// <exception cref="SockException">
    /// There is no such frame; Received is a copy of the partial, which stays with the reader.
    /// </exception>
    /// <exception cref="SockInterruptedException">The interrupt fired; Received likewise.
    /// </exception>
    public ReadOnlySpan<byte> Read(TimeSpan timeout, CancellationToken interrupt = default)
    {
        TryRead(out ReadOnlySpan<byte> frame, timeout, interrupt)
            .ThrowIfLineFailed(frame, interrupt);
        return frame;
    }

    /// <summary>Reads every complete frame at hand, but at least one, or throws.</summary>
    /// <inheritdoc cref="TryReadBatch(Span{Range}, out FrameBatch, TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <inheritdoc cref="Read(TimeSpan, CancellationToken)" path="/exception"/>
    /// <returns>The frames, valid until the next call.</returns>
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

    /// <summary>
    /// Consumes the frames that were returned and are not consumed yet, which only happens where
    /// that is deferred. They are there, so it has to wait only if the system says otherwise.
    /// </summary>
    /// <param name="timeout">For the whole.</param>
    /// <param name="interrupt">Ends the operation early.</param>
    /// <returns>
    /// Ok: nothing is left to settle; the descriptor stands exactly behind the last frame returned,
    /// or behind the partial if there is one. Timeout, Interrupted or
    /// Failed: before the end of it. Inconsistent: other bytes came, which are the partial now, or
    /// none. The count is of the bytes consumed by this call.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public SockOutcome TrySettle(TimeSpan timeout, CancellationToken interrupt = default)
    {
        using Observed? observed = Observed.Begin(_sock, Settling);
        var job = new SettleJob(this);
        ISockRecv sock = observed ?? (ISockRecv)_sock;
        return Driver.Run(_sock, observed, ref job, sock, timeout, interrupt);
    }

    /// <summary>Consumes the frames that were returned, or throws.</summary>
    /// <inheritdoc cref="TrySettle(TimeSpan, CancellationToken)"
    /// path="/*[not(self::returns)]"/>
    /// <exception cref="SockException">They are not, or not all of them.</exception>
    /// <exception cref="SockInterruptedException">The interrupt fired.</exception>
    public void Settle(TimeSpan timeout, CancellationToken interrupt = default) =>
        TrySettle(timeout, interrupt).ThrowIfLineFailed(Partial, interrupt);

    /// <summary>
    /// Settles, in one try whose outcome is not told, and gives the memory back. The partial is
    /// gone.
    /// </summary>
    public void Dispose()
    {
        try
        {
            if (_taken < _start)
            {
                TrySettle(TimeSpan.Zero);
            }
        }
        finally
        {
            GiveBack();
        }
    }

    private static void ThrowIfThereIsNoRoom(ReadOnlySpan<Range> frames)
    {
        if (frames.IsEmpty)
        {
            throw new ArgumentException("A batch has at least one frame.", nameof(frames));
        }
    }
}
