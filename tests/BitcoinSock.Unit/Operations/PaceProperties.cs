using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What holds for all operations, whatever their calls and waits say.</summary>
public class PaceProperties
{
    public enum Operation
    {
        Send,
        Receive,
        Line,
    }

    [Property(400)]
    public void The_count_is_what_moved_and_the_status_is_why_no_more_did(
        Operation operation,
        int[] calls,
        TimeSpan timeout,
        byte interrupted,
        ErrorCode error
    )
    {
        const int Length = 40;
        var interrupt = new ThreadInterrupt();
        var sock = new ScriptedSock(new string('x', Length - 1) + "\n");
        int taken = 0;
        SockResult last = default;
        SockResult Play(int n, int asked)
        {
            if (n == interrupted)
            {
                interrupt.Interrupt();
            }

            // Behind the calls that were drawn all goes well.
            int what = n <= calls.Length ? calls[n - 1] : int.MaxValue;
            last =
                what > 0 ? SockResult.Ok(Math.Min(what, asked))
                : what % 3 == 0 ? SockResult.Fail(error.Value)
                : SockResult.Fail(NetworkError.WouldBlock);
            taken += Math.Max(last.Count, 0);
            return last;
        }

        sock.OnSend = sock.OnRecv = Play;
        sock.OnWait = (_, slice) => sock.TimeOut(slice);
        byte[] buffer = new byte[Length];
        SockOutcome outcome = operation switch
        {
            Operation.Send => sock.TrySendComplete(buffer, timeout, interrupt),
            Operation.Receive => sock.TryRecvComplete(buffer, timeout, interrupt),
            _ => sock.TryRecvUntilTerminator(10, buffer, timeout, interrupt),
        };

        int moved = operation == Operation.Send ? taken : sock.Consumed;
        int isTerminated = operation == Operation.Line && outcome.IsOk ? 1 : 0;
        Assert.Equal(moved, outcome.Count + isTerminated);
        Assert.Equal(moved == Length, outcome.IsOk);
        switch (outcome.Status)
        {
            case SockStatus.Timeout:
                Assert.True(sock.Clock.GetElapsedTime(0) >= timeout);
                break;
            case SockStatus.Interrupted:
                Assert.True(interrupt.AsBool());
                break;
            case SockStatus.Failed:
                Assert.Equal(SockResult.Fail(outcome.Error), last);
                Assert.True(NetworkError.IoErrorIsPermanent(outcome.Error));
                break;
            default:
                Assert.Equal(SockStatus.Ok, outcome.Status);
                break;
        }
    }

    [Property]
    public void Waits_are_slices_of_a_second_at_most_that_end_with_the_deadline(int ms)
    {
        TimeSpan timeout = TimeSpan.FromMilliseconds(Math.Abs(ms) * 137.5);
        List<TimeSpan> slices = [];
        var sock = new ScriptedSock { OnRecv = (_, _) => SockResult.Fail(NetworkError.WouldBlock) };
        sock.OnWait = (_, slice) =>
        {
            slices.Add(slice);
            return sock.TimeOut(slice);
        };
        SockOutcome outcome = sock.TryRecvComplete(new byte[1], timeout);
        Assert.Equal(SockOutcome.End(SockStatus.Timeout), outcome);
        Assert.Equal((int)Math.Ceiling(timeout / Sock.MaxWaitForIo), slices.Count);
        Assert.All(slices.SkipLast(1), slice => Assert.Equal(Sock.MaxWaitForIo, slice));
        Assert.Equal(timeout, slices.Aggregate(TimeSpan.Zero, (sum, slice) => sum + slice));
    }

    public enum Round
    {
        WaitedInVain,
        WaitedItsTime,
        Moved,
    }

    [Property]
    public void Pauses_grow_while_all_is_in_vain_up_to_16_ms_and_begin_anew_after_anything_else(
        (Round, byte)[] runs
    )
    {
        var clock = new ManualClock();
        var pace = new Pace(Timeout.InfiniteTimeSpan, clock, default);
        int inVain = 0;
        int before = 0;
        foreach (
            Round round in runs.SelectMany(run => Enumerable.Repeat(run.Item1, run.Item2 % 12))
        )
        {
            inVain = round == Round.WaitedInVain ? inVain + 1 : 0;
            Assert.Equal(SockOutcome.Ok(0), pace.Look(moved: round == Round.Moved));
            if (round == Round.Moved)
            {
                before = 0;
                continue;
            }

            Deadline slice = pace.Slice();
            clock.Advance(round == Round.WaitedItsTime ? slice.Remaining : TimeSpan.Zero);
            Assert.False(pace.HasFailed(SockResult.Ok(1), slice, out int pauseMs));
            Assert.Equal(inVain > 3, pauseMs > 0);
            Assert.InRange(pauseMs, inVain > 0 ? before : 0, 16);
            before = pauseMs;
        }
    }
}
