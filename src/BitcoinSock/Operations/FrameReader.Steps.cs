namespace BitcoinSock;

// How a frame is found, and then consumed.
public sealed partial class FrameReader
{
    private SockOutcome WithoutTerminator(SockOutcome outcome) =>
        outcome.IsOk ? SockOutcome.Ok(outcome.Count - _terminator.Length) : outcome;

    // The count of the outcome is of all bytes consumed.
    private SockOutcome Read(
        ref Reading reading,
        string operation,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        using Observed? observed = Observed.Begin(_sock, operation);
        return observed is null
            ? Read(_sock, ref reading, timeout, interrupt)
            : observed.End(Read(observed, ref reading, timeout, interrupt));
    }

    private SockOutcome Read(
        ISock sock,
        ref Reading reading,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        var pace = new Pace(timeout, sock.Clock, interrupt);
        if (_isContradicted)
        {
            (_start, _end, _isContradicted) = (0, 0, false);
        }

        while (reading.Partial < reading.Limit)
        {
            SockOutcome step = Step(sock, ref reading);
            if (!step.IsOk)
            {
                _isContradicted = step.Status == SockStatus.Inconsistent;
                return step with { Count = reading.Received };
            }

            if (reading.IsDone)
            {
                return SockOutcome.Ok(reading.Received);
            }

            if (reading.Partial < reading.Limit)
            {
                SockOutcome next = pace.Next(sock, SockEvents.Recv, moved: step.Count > 0);
                if (!next.IsOk)
                {
                    return next with { Count = reading.Received };
                }
            }
        }

        return SockOutcome.End(SockStatus.TooLong, reading.Received);
    }

    // At most one peek and one recv. Ok: so many bytes, possibly none, were consumed.
    private SockOutcome Step(ISock sock, ref Reading reading)
    {
        int wanted = FindEnd(ref reading);
        if (wanted == 0)
        {
            SockOutcome shown = Peek(sock, reading.Partial);
            if (shown is not { IsOk: true, Count: > 0 })
            {
                return shown;
            }

            wanted = FindEnd(ref reading);
        }

        // What has no end yet is consumed all the same: a wait can only be for what is not there.
        return Take(
            sock,
            ref reading,
            wanted > 0 ? wanted : Math.Min(Peeked.Length, reading.Limit - reading.Partial)
        );
    }

    // How far to consume for as many frames as are asked for and shown; 0 if there is no end.
    private int FindEnd(ref Reading reading)
    {
        // The terminator may have begun in what was consumed before.
        int from = _start - Overlap(reading.Partial);
        int frame = _start - reading.Partial;
        int end = _start;
        reading.Found = reading.Complete;
        while (reading.Found < reading.Frames.Length)
        {
            int index = _window.AsSpan(from, _end - from).IndexOf(_terminator);
            int next = from + index + _terminator.Length;
            int received = reading.Received - _start;
            // Both may be beyond an int: of the frame, and of all that is read together.
            long last = Math.Min((long)frame + reading.Limit, (long)Array.MaxLength - received);
            if (index < 0 || next > last)
            {
                break;
            }

            reading.Frames[reading.Found++] = (frame + received)..(from + index + received);
            from = frame = end = next;
        }

        return end - _start;
    }

    private int Overlap(int partial) => Math.Min(partial, _terminator.Length - 1);

    // Ok: so many bytes, possibly none, are shown.
    private SockOutcome Peek(ISock sock, int partial)
    {
        int overlap = Overlap(partial);
        Span<byte> next = _nextWindow;
        _window.AsSpan(_start - overlap, overlap).CopyTo(next);
        next = next[overlap..];
        SockResult peek = sock.Recv(next, SockFlags.Peek | SockFlags.DontWait);
        if (peek.IsError)
        {
            return SockOperations.RetryOrFail(peek.Error);
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

    private SockOutcome Take(ISock sock, ref Reading reading, int wanted)
    {
        if (!reading.HasDestination && !TryGrow((long)reading.Received + wanted))
        {
            return SockOutcome.End(SockStatus.TooLong);
        }

        Span<byte> taken = reading.HasDestination ? reading.Destination : _taken;
        taken = taken.Slice(reading.Received, wanted);
        SockResult take = sock.Recv(taken, SockFlags.DontWait);
        if (take.IsError)
        {
            return SockOperations.RetryOrFail(take.Error);
        }

        // Bytes that were there a moment ago are gone or changed: somebody else reads this
        // descriptor.
        if (take.Count == 0 || take.Count > wanted)
        {
            return SockOutcome.End(SockStatus.Inconsistent);
        }

        taken = taken[..take.Count];
        reading.Received += take.Count;
        if (!taken.SequenceEqual(Peeked[..take.Count]))
        {
            return SockOutcome.End(SockStatus.Inconsistent);
        }

        _start += take.Count;
        reading.Count(_terminator.Length);
        return SockOutcome.Ok(take.Count);
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

    /// <summary>What one call has found and consumed so far.</summary>
    private ref struct Reading(Span<Range> frames, int limit)
    {
        private int _consumedFrames;

        public Reading(Span<Range> frames, int limit, Span<byte> destination)
            : this(frames, limit)
        {
            Destination = destination;
            HasDestination = true;
        }

        public readonly Span<Range> Frames = frames;
        public readonly int Limit = limit;
        public readonly Span<byte> Destination;
        public readonly bool HasDestination;

        /// <summary>How many frames end in what is shown or consumed.</summary>
        public int Found;

        /// <summary>How many frames are consumed.</summary>
        public int Complete;

        /// <summary>How many bytes are consumed.</summary>
        public int Received;

        /// <summary>How many of them belong to a frame that is not complete.</summary>
        public readonly int Partial => Received - _consumedFrames;

        public readonly bool IsDone => Complete > 0 && Partial == 0;

        public void Count(int terminatorLength)
        {
            while (Complete < Found)
            {
                int end = Frames[Complete].End.Value + terminatorLength;
                if (end > Received)
                {
                    break;
                }

                _consumedFrames = end;
                Complete++;
            }
        }
    }
}
