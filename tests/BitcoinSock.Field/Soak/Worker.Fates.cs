using System.Diagnostics;

namespace BitcoinSock.Field.Soak;

// What a thread does to a connection as a whole.
internal sealed partial class Worker
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private void AskIfConnected(End end)
    {
        if (end.Channel is StreamSock && !end.Receiving.IsHeldByCurrentThread)
        {
            return; // it was none a moment ago
        }

        bool isConnected = end.Channel.IsConnected(out string why);
        var status = isConnected ? SockStatus.Ok : SockStatus.Closed;
        Tally.Count("IsConnected", status);
        end.Link.Note(end, "IsConnected", null, new SockOutcome(status, 0, 0));
        bool hasCause = why switch
        {
            "" => isConnected,
            "closed" => end.In.IsShut || end.Peer.IsGone,
            "not connected" => end.IsGone || end.IsReleased,
            _ => end.Peer.IsGone && why == NetworkError.NetworkErrorString(Codes.Reset),
        };
        if (!hasCause)
        {
            Laws.Break(Law.Error, $"IsConnected: '{why}' without a cause", end.Link);
        }
    }

    // The connection may have ended while this waited for its turn.
    private void Move(End end)
    {
        if (end.Link.IsEnding)
        {
            return;
        }

        Tally.Count(Fault.Move);
        string from = end.Channel.GetType().Name;
        byte[] unread = end.Move(_random);
        end.Link.Note(
            end,
            $"moved from {from}",
            null,
            new SockOutcome(SockStatus.Ok, unread.Length, 0)
        );
        if (end.In.Tape.Difference(end.In.Received, unread, _scratch) >= 0)
        {
            Laws.Break(Law.Content, "what Unread gave is not as sent", end.Link);
        }

        end.In.Received += unread.Length;
    }

    private void Release(End end)
    {
        if (end.Link.IsEnding || end.Channel is not Sock sock)
        {
            return;
        }

        Tally.Count(IsBusy(end) ? Fault.ReleaseInMidOperation : Fault.ReleaseInBetween);
        end.ReleaseAndReturn(sock);
        end.Link.Note(end, "released and returned", null, default);
    }

    // One end goes while whoever is at it is at it; the other reads what is left.
    private void EndByDisposal(Link link, End end)
    {
        End other = end.Peer;
        bool abort = _random.Next(2) == 0;
        lock (link.Fate)
        {
            Tally.Count(
                (abort, IsBusy(end)) switch
                {
                    (true, true) => Fault.ResetInMidOperation,
                    (true, false) => Fault.ResetInBetween,
                    (false, true) => Fault.DisposalInMidOperation,
                    (false, false) => Fault.DisposalInBetween,
                }
            );
            bool isExact = end.Channel is Sock && !(abort && !link.IsUnix);
            end.Dispose(abort);
            link.Note(end, abort ? "aborted" : "disposed", null, default);
            HoldAll(
                link,
                () =>
                {
                    bool isOrderly = ReadOut(other);
                    // TCP resets, and may lose what was sent, if it has not read all that came.
                    isExact &= link.IsUnix || other.Out.Received == other.Out.Sent;
                    CheckLedger(link, other.In, isExact, isOrderly);
                    CheckLedger(link, other.Out, false, true);
                    other.Dispose(abort: false);
                }
            );
        }
    }

    private void EndInOrder(Link link)
    {
        lock (link.Fate)
        {
            HoldAll(
                link,
                () =>
                {
                    long start = Stopwatch.GetTimestamp();
                    bool isOver = false;
                    while (!isOver && Stopwatch.GetElapsedTime(start) < Patience)
                    {
                        EndOneWay(link.First);
                        EndOneWay(link.Second);
                        isOver = link.First.In.IsEnded && link.Second.In.IsEnded;
                    }

                    CheckLedger(link, link.First.In, true, isOver);
                    CheckLedger(link, link.Second.In, true, isOver);
                    Close(link);
                }
            );
        }
    }

    // A bit of it: the other end's turn may be what this waits for.
    private void EndOneWay(End from)
    {
        if (!from.Out.IsShutDone)
        {
            HalfClose(from);
        }

        if (!from.Out.IsEnded)
        {
            using var brief = new Leash(TimeSpan.FromMilliseconds(1));
            Receive(from.Peer, brief);
        }
    }

    private void Close(Link link)
    {
        bool isForgotten =
            link is { First.Channel: Sock, Second.Channel: Sock } && _random.Next(20) == 0;
        Tally.Count(isForgotten ? Fault.LeftToTheFinalizer : Fault.OrderlyEnd);
        if (!isForgotten)
        {
            link.First.Dispose(abort: false);
            link.Second.Dispose(abort: false);
        }
    }

    // To the end of the stream, or to an error.
    private bool ReadOut(End end)
    {
        long start = Stopwatch.GetTimestamp();
        while (!end.In.IsEnded && Stopwatch.GetElapsedTime(start) < Patience)
        {
            using var brief = new Leash(TimeSpan.FromMilliseconds(20));
            long before = end.In.Received;
            if (Receive(end, brief) && end.In.Received == before)
            {
                return true;
            }
        }

        return end.In.IsEnded;
    }

    private void CheckLedger(Link link, Lane lane, bool isExact, bool isOver)
    {
        if (!isOver)
        {
            Laws.Break(Law.Threads, "a stream does not end", link);
        }
        else if (isExact ? lane.Received != lane.Sent : lane.Received > lane.Sent)
        {
            string what = $"{lane.Sent} bytes reported sent, {lane.Received} came";
            Laws.Break(Law.Accounting, what, link);
        }
    }

    private static void HoldAll(Link link, Action job)
    {
        lock (link.First.Sending)
            lock (link.First.Receiving)
                lock (link.Second.Sending)
                    lock (link.Second.Receiving)
                    {
                        job();
                    }
    }

    private static bool IsBusy(End end) => Volatile.Read(ref end.Busy) > 0;
}
