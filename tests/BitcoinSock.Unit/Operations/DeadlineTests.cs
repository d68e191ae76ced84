using Xunit;

namespace BitcoinSock.Unit;

public class DeadlineTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Property(1000)]
    public void No_wait_in_milliseconds_is_early_nor_a_whole_one_late_unless_the_system_has_no_more(
        TimeSpan time
    )
    {
        int ms = Deadline.ToMilliseconds(time);
        double late = ms - time.TotalMilliseconds;
        Assert.True(ms == int.MaxValue ? late < 1 : late is >= 0 and < 1, $"{late} ms late");
    }

    [Property]
    public void What_is_left_is_the_timeout_less_what_has_passed_and_a_slice_of_it_is_a_second(
        TimeSpan timeout,
        int[] steps
    )
    {
        var clock = new ManualClock();
        var deadline = new Deadline(timeout, clock);
        TimeSpan passed = TimeSpan.Zero;
        foreach (int step in steps)
        {
            // Clocks may go back, but nobody gets more than the timeout from that.
            TimeSpan advance = Math.Min(timeout.TotalSeconds, 100) * Second * (step / 10.0);
            clock.Advance(advance);
            passed += advance;
            TimeSpan left = timeout - TimeSpan.FromTicks(Math.Max(passed.Ticks, 0));
            left = left > TimeSpan.Zero ? left : TimeSpan.Zero;
            Assert.Equal(left, deadline.Remaining);
            Assert.Equal(left == TimeSpan.Zero, deadline.HasPassed);
            Assert.Equal(left < Second ? left : Second, deadline.Slice);
            Assert.Equal(Deadline.ToMilliseconds(left), deadline.RemainingMs);
        }
    }

    [Property]
    public void A_negative_timeout_is_refused_unless_it_is_the_endless_one(int ticks)
    {
        foreach (long scale in (long[])[1, TimeSpan.TicksPerMillisecond])
        {
            var timeout = TimeSpan.FromTicks(ticks * scale);
            Exception? refusal = Record.Exception(() => new Deadline(timeout, TimeProvider.System));
            bool isWrong = timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan;
            Assert.Equal(isWrong, refusal is ArgumentOutOfRangeException { ParamName: "timeout" });
            Assert.Equal(isWrong, refusal is not null);
        }
    }

    [Fact]
    public void An_endless_one_stays_so_and_has_slices_too()
    {
        var clock = new ManualClock();
        var deadline = new Deadline(Timeout.InfiniteTimeSpan, clock);
        clock.Advance(TimeSpan.FromDays(10_000));
        Assert.Equal(Timeout.InfiniteTimeSpan, deadline.Remaining);
        Assert.Equal((-1, false), (deadline.RemainingMs, deadline.HasPassed));
        Assert.Equal(Second, deadline.Slice);
    }
}
