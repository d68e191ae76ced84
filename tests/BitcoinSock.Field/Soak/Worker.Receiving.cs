using System.Buffers;
using System.Diagnostics;
using System.Text;

namespace BitcoinSock.Field.Soak;

// What a thread does that receives. Each form leaves in the buffer exactly what it consumed.
internal sealed partial class Worker
{
    private static readonly byte[] Terminator = [Tape.Terminator];

    private readonly ArrayBufferWriter<byte> _writer = new();
    private readonly Range[] _ranges = new Range[64];

    private void TryReceive(End end) =>
        IfFree(
            end.Receiving,
            () =>
            {
                // Behind the end there is little to see.
                if (!end.Link.IsEnding && (!end.In.IsEnded || _random.Next(16) == 0))
                {
                    using Leash leash = NewLeash();
                    At(end, () => Receive(end, leash));
                }
            }
        );

    /// <returns>Whether it found something: bytes, the end, or an error.</returns>
    private bool Receive(End end, Leash leash)
    {
        Lane lane = end.In;
        Form form = ChooseForm(end);
        Got got = form switch
        {
            Form.RecvUntilTerminator => AsTextOrThrow(end.Channel, 1 + Length(), leash),
            Form.Wait => Wait(end, leash),
            >= Form.TryRead => Framed(end.Frames!, form, leash),
            _ => Try(end.Channel, form, 1 + Length(), leash),
        };
        Span<byte> bytes = _buffer.AsSpan(0, got.Consumed);
        int wrong = lane.Tape.Difference(lane.Received, bytes, _scratch);
        if (wrong >= 0)
        {
            string where = $"byte {wrong} of {got.Consumed} from {lane.Received} on";
            Laws.Break(Law.Content, $"{form}: {where} is not as sent: {got.Outcome}", end.Link);
        }

        lane.Received += got.Consumed;
        lane.TakenAt = Stopwatch.GetTimestamp();
        lane.IsEnded |= got.Outcome.Status == SockStatus.Closed;
        Tally.Bytes += got.Consumed;
        Judge(end, true, form.ToString(), leash, got.Outcome);
        if (got.Breach(bytes) is string breach)
        {
            Laws.Break(Law.Lines, $"{form}: {breach}: {got.Outcome}", end.Link);
        }

        return got.Consumed > 0 || got.Outcome.Status is SockStatus.Closed or SockStatus.Failed;
    }

    private Form ChooseForm(End end)
    {
        if (end.Frames is null && _random.Next(8) == 0)
        {
            byte[] terminator = _random.Next(2) == 0 ? Terminator : [.. Terminator, .. Terminator];
            int window = terminator.Length + _random.Next(1 << _random.Next(13));
            int max = 1 + Length();
            var reader = new FrameReader(end.Channel, terminator, max, window)
            {
                IsDeferred = _random.Next(2) == 0,
            };
            end.Frames = new Frames(reader, terminator, max);
        }

        if (end.Frames is not null && (_random.Next(8) != 0 || !end.Frames.IsLeft()))
        {
            return (Form)_random.Next((int)Form.TryRead, (int)Form.TryReadBatch + 1);
        }

        end.Frames = null;
        bool awaits = end.Channel is ISockAsync;
        return (Form)_random.Next((int)(awaits ? Form.TryRead : Form.TryRecvUntilTerminatorAsync));
    }

    private Got Try(ISock sock, Form form, int max, Leash leash)
    {
        const byte Newline = Tape.Terminator;
        (TimeSpan time, CancellationToken stop) = leash;
        Memory<byte> room = _buffer.AsMemory(0, max);
        switch (form)
        {
            case Form.TryRecvComplete:
                return Got.Bytes(sock.TryRecvComplete(room.Span, time, stop), max);
            case Form.TryRecvCompleteAsync:
                var bytes = ((ISockAsync)sock).TryRecvCompleteAsync(room, time, stop);
                return Got.Bytes(Result(bytes), max);
            case Form.TryRecvUntilTerminator:
                SockOutcome line = sock.TryRecvUntilTerminator(Newline, room.Span, time, stop);
                return Got.Line(line, Terminator, max);
            case Form.TryRecvUntilTerminatorAsync:
                var awaited = ((ISockAsync)sock).TryRecvUntilTerminatorAsync(
                    Newline,
                    room,
                    time,
                    stop
                );
                return Got.Line(Result(awaited), Terminator, max);
            case Form.TryRecvUntilTerminatorIntoWriter:
                _writer.ResetWrittenCount();
                line = sock.TryRecvUntilTerminator(Newline, _writer, time, stop, max);
                return Line(_writer.WrittenSpan, line, Terminator, max);
            case Form.TryRecvUntilTerminatorAsText:
                line = sock.TryRecvUntilTerminator(
                    Newline,
                    time,
                    stop,
                    max,
                    out string? text,
                    out ReadOnlyMemory<byte> received
                );
                return Line(text is null ? received.Span : Bytes(text), line, Terminator, max);
            default:
                throw new ArgumentOutOfRangeException(nameof(form));
        }
    }

    private Got AsTextOrThrow(ISock sock, int max, Leash leash)
    {
        try
        {
            byte[] line = Bytes(
                sock.RecvUntilTerminator(Tape.Terminator, leash.Timeout, leash.Interrupt, max)
            );
            return Line(line, new SockOutcome(SockStatus.Ok, line.Length, 0), Terminator, max);
        }
        catch (SockException e)
        {
            var outcome = new SockOutcome(e.Status, e.Count, e.ErrorCode);
            return Line(e.Received.Span, outcome, Terminator, max);
        }
        catch (SockInterruptedException e)
        {
            var outcome = new SockOutcome(SockStatus.Interrupted, e.Count, 0);
            return Line(e.Received.Span, outcome, Terminator, max);
        }
    }

    private Got Framed(Frames frames, Form form, Leash leash)
    {
        (FrameReader reader, byte[] terminator, int max) = frames;
        (TimeSpan time, CancellationToken stop) = leash;
        if (form == Form.TryRead)
        {
            SockOutcome read = reader.TryRead(out ReadOnlySpan<byte> frame, time, stop);
            Got line = Line(frame, read, terminator, max);
            TakePartial(reader, read);
            return line;
        }

        Span<Range> ranges = _ranges.AsSpan(0, 1 + _random.Next(_ranges.Length));
        SockOutcome outcome = reader.TryReadBatch(ranges, out FrameBatch batch, time, stop);
        batch.Bytes.CopyTo(_buffer);
        Got some = Got.Batch(outcome, batch, terminator);
        TakePartial(reader, outcome);
        return some;
    }

    // What was told of counts as received. A batch that ended well tells of frames only.
    private static void TakePartial(FrameReader reader, SockOutcome told)
    {
        if (!told.IsOk)
        {
            reader.TakePartial();
        }
    }

    // Readiness that was told must be there: nobody else receives.
    private Got Wait(End end, Leash leash)
    {
        ISock sock = end.Channel;
        (TimeSpan time, CancellationToken stop) = leash;
        SockResult waited = sock.Wait(time, SockEvents.Recv, out SockEvents occurred, stop);
        if (waited.Count > 0 && (occurred & SockEvents.Recv) != 0)
        {
            SockOutcome found = sock.TryRecvComplete(_buffer.AsSpan(0, 1), TimeSpan.Zero);
            if (found.Status == SockStatus.Timeout)
            {
                Laws.Break(Law.Readiness, "Wait told of bytes, and there are none", end.Link);
            }

            return Got.Bytes(found, 1);
        }

        SockStatus status =
            waited.Error == Codes.Interrupted ? SockStatus.Interrupted
            : waited.IsError ? SockStatus.Failed
            : waited.Count == 0 ? SockStatus.Timeout
            : SockStatus.Ok;
        return new Got(new SockOutcome(status, 0, waited.Error));
    }

    private Got Line(ReadOnlySpan<byte> line, SockOutcome outcome, byte[] terminator, int max)
    {
        line.CopyTo(_buffer);
        terminator.CopyTo(_buffer.AsSpan(line.Length));
        return Got.Line(outcome, terminator, max);
    }

    private static byte[] Bytes(string line) => Encoding.UTF8.GetBytes(line);
}
