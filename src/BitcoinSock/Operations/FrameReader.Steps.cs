namespace BitcoinSock;

// How a frame is found, and then consumed.
public sealed partial class FrameReader
{
    private SockOutcome WithoutTerminator(SockOutcome outcome) =>
        outcome.IsOk ? SockOutcome.Ok(outcome.Count - _terminator.Length) : outcome;

    // The count of the outcome is of all bytes consumed.
    private SockOutcome Read(
        string operation,
        Target target,
        int limit,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        using Observed? observed = Observed.Begin(_sock, operation);
        var job = new FrameJob(this, observed ?? (ISockRecv)_sock, limit);
        return Driver.Run(_sock, observed, ref job, target, timeout, interrupt);
    }

    private ValueTask<SockOutcome> ReadAsync(
        string operation,
        Memory<Range> frames,
        Memory<byte>? destination,
        int limit,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        var sock =
            _sock as ISockAsync
            ?? throw new NotSupportedException("The sock of this reader is no ISockAsync.");
        Observed? observed = Observed.Begin(sock, operation);
        return Driver.RunAsync(
            sock,
            observed,
            new FrameJob(this, observed ?? (ISockRecv)sock, limit),
            (frames, destination),
            static kept => new Target(
                kept.frames.Span,
                kept.destination.GetValueOrDefault().Span,
                isReaders: kept.destination is null
            ),
            timeout,
            interrupt
        );
    }

    /// <summary>Where frames go.</summary>
    /// <param name="frames">Gets where each is among the bytes consumed.</param>
    /// <param name="destination">Gets the bytes.</param>
    /// <param name="isReaders">Whether the reader's own memory does instead.</param>
    private readonly ref struct Target(
        Span<Range> frames,
        Span<byte> destination,
        bool isReaders = false
    )
    {
        public readonly Span<Range> Frames = frames;
        public readonly Span<byte> Destination = destination;
        public readonly bool IsReaders = isReaders;
    }

    /// <summary>Reads every frame that is there, but at least one.</summary>
    private struct FrameJob : IJob<Target>
    {
        private readonly FrameReader _reader;
        private readonly ISockRecv _sock;
        private readonly int _limit;
        private int _consumedFrames;

        public FrameJob(FrameReader reader, ISockRecv sock, int limit)
        {
            (_reader, _sock, _limit) = (reader, sock, limit);
            reader._complete = 0;
            if (reader._isContradicted)
            {
                (reader._start, reader._end, reader._isContradicted) = (0, 0, false);
            }
        }

        public readonly SockEvents Awaited => SockEvents.Recv;

        public readonly bool IsDone => _reader._complete > 0 && Partial == 0;

        /// <summary>How many bytes are consumed.</summary>
        public int Count { get; private set; }

        // How many of the bytes belong to a frame that is not complete.
        private readonly int Partial => Count - _consumedFrames;

        public SockOutcome Step(Target target)
        {
            if (Partial >= _limit)
            {
                return SockOutcome.End(SockStatus.TooLong);
            }

            SockOutcome step = PeekThenTake(target);
            _reader._isContradicted = step.Status == SockStatus.Inconsistent;
            return step.IsOk && !IsDone && Partial >= _limit
                ? SockOutcome.End(SockStatus.TooLong)
                : step;
        }

        // At most one peek and one recv. Ok: so many bytes, possibly none, were consumed.
        private SockOutcome PeekThenTake(Target target)
        {
            int wanted = FindEnd(target.Frames, out int found);
            if (wanted == 0)
            {
                SockOutcome shown = _reader.Peek(_sock, Partial);
                if (shown is not { IsOk: true, Count: > 0 })
                {
                    return shown;
                }

                wanted = FindEnd(target.Frames, out found);
            }

            // What has no end yet is consumed all the same: a wait can only be for what is not
            // there.
            wanted = wanted > 0 ? wanted : Math.Min(_reader.Peeked.Length, _limit - Partial);
            if (target.IsReaders && !_reader.TryGrow((long)Count + wanted))
            {
                return SockOutcome.End(SockStatus.TooLong);
            }

            Span<byte> taken = target.IsReaders ? _reader._taken : target.Destination;
            SockOutcome step = _reader.Take(_sock, taken.Slice(Count, wanted), out int came);
            Count += came;
            CountFrames(step, target.Frames[..found]);
            return step;
        }

        // How far to consume for as many frames as are asked for and shown; 0 if there is no end.
        private readonly int FindEnd(Span<Range> frames, out int found)
        {
            ReadOnlySpan<byte> terminator = _reader._terminator;
            int start = _reader._start;
            // The terminator may have begun in what was consumed before.
            int from = start - _reader.Overlap(Partial);
            int frame = start - Partial;
            int end = start;
            int received = Count - start;
            found = _reader._complete;
            while (found < frames.Length)
            {
                int index = _reader._window.AsSpan(from, _reader._end - from).IndexOf(terminator);
                int next = from + index + terminator.Length;
                // Both may be beyond an int: of the frame, and of all that is read together.
                long last = Math.Min((long)frame + _limit, (long)Array.MaxLength - received);
                if (index < 0 || next > last)
                {
                    break;
                }

                frames[found++] = (frame + received)..(from + index + received);
                from = frame = end = next;
            }

            return end - start;
        }

        private void CountFrames(SockOutcome step, ReadOnlySpan<Range> found)
        {
            while (step.IsOk && _reader._complete < found.Length)
            {
                int end = found[_reader._complete].End.Value + _reader._terminator.Length;
                if (end > Count)
                {
                    break;
                }

                _consumedFrames = end;
                _reader._complete++;
            }
        }
    }

    private int Overlap(int partial) => Math.Min(partial, _terminator.Length - 1);

    // Ok: so many bytes, possibly none, are shown.
    private SockOutcome Peek(ISockRecv sock, int partial)
    {
        int overlap = Overlap(partial);
        Span<byte> next = _nextWindow;
        _window.AsSpan(_start - overlap, overlap).CopyTo(next);
        next = next[overlap..];
        SockResult peek = sock.Recv(next, SockFlags.Peek | SockFlags.DontWait);
        if (peek.IsError)
        {
            return SockOutcome.RetryOrFail(peek.Error);
        }

        if (peek.Count > next.Length)
        {
            return SockOutcome.End(SockStatus.Inconsistent);
        }

        // What was shown before must still be there, as far as both go.
        next = next[..peek.Count];
        ReadOnlySpan<byte> before = Peeked;
        int common = Math.Min(before.Length, next.Length);
        if (!before[..common].SequenceEqual(next[..common]) || (common == 0 && before.Length > 0))
        {
            return SockOutcome.End(SockStatus.Inconsistent);
        }

        if (peek.Count == 0)
        {
            return SockOutcome.End(SockStatus.Closed);
        }

        (_window, _nextWindow) = (_nextWindow, _window);
        (_start, _end) = (overlap, overlap + peek.Count);
        return SockOutcome.Ok(peek.Count);
    }

    // Ok: so many of those that were shown; came has also the number of others.
    private SockOutcome Take(ISockRecv sock, Span<byte> taken, out int came)
    {
        came = 0;
        SockResult take = sock.Recv(taken, SockFlags.DontWait);
        if (take.IsError)
        {
            return SockOutcome.RetryOrFail(take.Error);
        }

        // Bytes that were there a moment ago are gone or changed: somebody else reads this
        // descriptor.
        if (take.Count == 0 || take.Count > taken.Length)
        {
            return SockOutcome.End(SockStatus.Inconsistent);
        }

        came = take.Count;
        if (!taken[..came].SequenceEqual(Peeked[..came]))
        {
            return SockOutcome.End(SockStatus.Inconsistent);
        }

        _start += came;
        return SockOutcome.Ok(came);
    }

    // Whether there is memory for so much of what this call reads.
    private bool TryGrow(long length)
    {
        if (length <= _taken.Length)
        {
            return true;
        }

        try
        {
            long twice = Math.Min(2L * _taken.Length, Array.MaxLength);
            Array.Resize(ref _taken, (int)Math.Min(Math.Max(length, twice), int.MaxValue));
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }
}
