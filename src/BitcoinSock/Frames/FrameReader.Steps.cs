namespace BitcoinSock;

// How frames are found among the bytes at hand.
public sealed partial class FrameReader
{
    private SockOutcome OneIsRead => SockOutcome.Ok(_start - _first - _framing.TerminatorLength);

    private SockOutcome OfOne(SockOutcome outcome) => outcome.IsOk ? OneIsRead : outcome;

    // Without a call. Who listens is told of calls.
    private bool TryReadShown(TimeSpan timeout)
    {
        if (!IsDeferred || _shown <= Behind || Telemetry.IsWanted)
        {
            return false;
        }

        Deadline.ThrowIfNegative(timeout);
        long length = FindLength();
        bool isShown = IsWhole(length, _start);
        if (isShown)
        {
            Return(_start + (int)length);
        }

        return isShown;
    }

    // Whether a frame of that length, which begins there, is shown to its end, and may be returned.
    private bool IsWhole(long length, int at) =>
        length > 0 && length <= Math.Min(_maxFrame, _shown - at);

    private SockOutcome Read(
        string operation,
        Span<Range> frames,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        using Observed? observed = Observed.Begin(_sock, operation);
        var job = new FrameJob(this, observed ?? (ISockRecv)_sock);
        return Driver.Run(_sock, observed, ref job, frames, timeout, interrupt);
    }

    // At most two calls. Ok: so many bytes, possibly none, were consumed, and frames may be found.
    private SockOutcome Step(ISockRecv sock, Span<Range> frames)
    {
        if (_isContradicted)
        {
            BeginFrameAt(_taken);
        }

        if (IsTooLong)
        {
            return SockOutcome.End(SockStatus.TooLong);
        }

        int settled = 0;
        int end = FindFrames(frames);
        if (_found == 0)
        {
            // A peek shows what is behind all that is consumed.
            if (_taken < _start)
            {
                SockOutcome settling = Take(sock, _start);
                if (!settling.IsOk || _taken < _start)
                {
                    return settling;
                }

                settled = settling.Count;
            }

            SockOutcome peek = Peek(sock);
            if (peek is not { IsOk: true, Count: > 0 })
            {
                return peek.IsOk ? SockOutcome.Ok(settled) : peek;
            }

            end = FindFrames(frames);
        }

        if (_found > 0)
        {
            return IsDeferred ? Return(end) : TakeFrames(sock, frames, end);
        }

        // What has no end yet is consumed all the same: a wait can only be for what is not there.
        // Behind what was settled, by the next step.
        if (settled > 0)
        {
            return SockOutcome.Ok(settled);
        }

        SockOutcome step = Take(sock, (int)Math.Min(_shown, (long)_start + _maxFrame));
        return step.IsOk && IsTooLong ? SockOutcome.End(SockStatus.TooLong) : step;
    }

    // How far the complete frames go that are shown, as many as can be noted, or one: seen from
    // where the first begins.
    private int FindFrames(Span<Range> frames)
    {
        int at = _start;
        _found = 0;
        do
        {
            long length = at == _start ? FindLength() : LengthOf(_held.AsSpan(at.._shown), 0);
            if (!IsWhole(length, at))
            {
                break;
            }

            if (!frames.IsEmpty)
            {
                int begin = at - _start;
                frames[_found] = begin..(begin + (int)length - _framing.TerminatorLength);
            }

            at += (int)length;
            _found++;
        } while (_found < frames.Length && at < _shown);

        return at;
    }

    private long FindLength()
    {
        int shown = _shown - _start;
        if (_length == 0 && shown > _searched)
        {
            _length = LengthOf(_held.AsSpan(_start, shown), _searched);
            _searched = shown;
        }

        return _length;
    }

    private long LengthOf(ReadOnlySpan<byte> bytes, int searched)
    {
        long length = _framing.FindLength(bytes, searched);
        return length == 0 || (length > searched && length >= _framing.TerminatorLength)
            ? length
            : throw new InvalidOperationException(
                $"{_framing.GetType()} says that a frame has {length} bytes, of which "
                    + $"{_framing.TerminatorLength} end it, and could not tell from {searched}. "
                    + "Nothing is lost; mend it."
            );
    }

    private SockOutcome TakeFrames(ISockRecv sock, Span<Range> frames, int end)
    {
        SockOutcome step = Take(sock, end);
        // Fewer bytes may have come than were shown: frames that end behind them are not read.
        while (_found > 0 && end > _taken)
        {
            _found--;
            end = _found == 0 ? 0 : _start + EndOf(frames[_found - 1]);
        }

        if (_found > 0)
        {
            Return(end);
        }

        return step;
    }

    // With its terminator.
    private int EndOf(Range frame) => frame.End.Value + _framing.TerminatorLength;

    private SockOutcome Return(int end)
    {
        _first = _start;
        BeginFrameAt(end);
        return SockOutcome.Ok(0);
    }

    /// <summary>Reads every frame that can be noted and is there, but at least one.</summary>
    private readonly struct FrameJob : IJob<Span<Range>>
    {
        private readonly FrameReader _reader;
        private readonly ISockRecv _sock;

        public FrameJob(FrameReader reader, ISockRecv sock)
        {
            (_reader, _sock) = (reader, sock);
            reader._found = 0;
        }

        public SockEvents Awaited => SockEvents.Recv;

        public bool IsDone => _reader._found > 0;

        /// <summary>The bytes of all frames, or of the partial.</summary>
        public int Count => IsDone ? _reader._start - _reader._first : _reader.PartialLength;

        public SockOutcome Step(Span<Range> frames) => _reader.Step(_sock, frames);
    }

    /// <summary>Consumes what was returned.</summary>
    private struct SettleJob(FrameReader reader) : IJob<ISockRecv>
    {
        public readonly SockEvents Awaited => SockEvents.Recv;

        public readonly bool IsDone => reader._taken >= reader._start;

        public int Count { get; private set; }

        public SockOutcome Step(ISockRecv sock)
        {
            int before = reader._taken;
            SockOutcome step = reader.Take(sock, reader._start);
            Count += reader._taken - before; // also those that contradict
            reader.GiveBackIfEmpty();
            return step;
        }
    }
}
