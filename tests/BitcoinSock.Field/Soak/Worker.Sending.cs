namespace BitcoinSock.Field.Soak;

// What a thread does that sends.
internal sealed partial class Worker
{
    private void TrySend(End end) =>
        IfFree(
            end.Sending,
            () =>
            {
                // Behind a half-close a stream's failure may come late, and its bytes be lost.
                if (!end.Link.IsEnding && (!end.Out.IsShut || end.Channel is Sock))
                {
                    At(end, () => Send(end));
                }
            }
        );

    private void Send(End end)
    {
        Lane lane = end.Out;
        int length = Length();
        Memory<byte> data = _buffer.AsMemory(0, length);
        lane.Tape.Copy(lane.Sent, data.Span);
        ISock sock = end.Channel;
        using Leash leash = NewLeash();
        (TimeSpan time, CancellationToken stop) = leash;
        int header = _random.Next(length + 1);
        (string what, SockOutcome outcome) = _random.Next(sock is ISockAsync ? 5 : 3) switch
        {
            0 => ("SendComplete", OrThrow(sock, data.Span, leash)),
            1 => ("TrySendComplete", sock.TrySendComplete(data.Span, time, stop)),
            2 => (
                "TrySendComplete, two buffers",
                sock.TrySendComplete(data.Span[..header], data.Span[header..], time, stop)
            ),
            _ => (
                "TrySendCompleteAsync",
                Result(((ISockAsync)sock).TrySendCompleteAsync(data, time, stop))
            ),
        };
        lane.Sent += outcome.Count;
        Judge(end, false, what, leash, outcome);
        if (outcome.IsOk ? outcome.Count != length : outcome.Count >= Math.Max(length, 1))
        {
            Laws.Break(Law.Accounting, $"{what} of {length} bytes: {outcome}", end.Link);
        }
    }

    private static SockOutcome OrThrow(ISock sock, ReadOnlySpan<byte> data, Leash leash)
    {
        try
        {
            sock.SendComplete(data, leash.Timeout, leash.Interrupt);
            return new SockOutcome(SockStatus.Ok, data.Length, 0);
        }
        catch (SockException failed)
        {
            return new SockOutcome(failed.Status, failed.Count, failed.ErrorCode);
        }
        catch (SockInterruptedException interrupted)
        {
            return new SockOutcome(SockStatus.Interrupted, interrupted.Count, 0);
        }
    }

    private void TryHalfClose(End end) =>
        IfFree(
            end.Sending,
            () =>
            {
                if (!end.Link.IsEnding && !end.Out.IsShut)
                {
                    Tally.Count(Fault.HalfClose);
                    HalfClose(end);
                }
            }
        );

    // If it could not be done, the end of the connection does it again.
    private void HalfClose(End end)
    {
        end.Out.IsShut = true;
        if (end.Channel is StreamSock stream)
        {
            stream.Wait(TimeSpan.Zero, SockEvents.Send, out SockEvents occurred);
            if (occurred == SockEvents.None)
            {
                return; // it waits for its write, which must wait for the peer to read
            }
        }

        SockResult shut = end.Channel.ShutdownSend();
        SockStatus status = shut.IsError ? SockStatus.Failed : SockStatus.Ok;
        end.Link.Note(end, "ShutdownSend", null, new SockOutcome(status, 0, shut.Error));
        end.Out.IsShutDone = !shut.IsError;
        bool hasCause = end.IsGone || end.Peer.IsGone || end.IsReleased;
        if (shut.IsError && !(hasCause && IsOfEnd(shut.Error)))
        {
            string text = NetworkError.NetworkErrorString(shut.Error);
            Laws.Break(Law.Error, $"ShutdownSend: {text} without a cause", end.Link);
        }
    }

    private static bool IsOfEnd(int error) =>
        error == Codes.BadHandle
        || error == Codes.NotConnected
        || error == Codes.Reset
        || error == Codes.Pipe;
}
