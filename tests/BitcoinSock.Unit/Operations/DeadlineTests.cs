using Xunit;

namespace BitcoinSock.Unit;

public class DeadlineTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(9_999, 1)]
    [InlineData(10_000, 1)]
    [InlineData(10_001, 2)]
    [InlineData(10_000L * int.MaxValue, int.MaxValue)]
    [InlineData(10_000L * int.MaxValue + 1, int.MaxValue)]
    [InlineData(long.MaxValue, int.MaxValue)]
    public void Milliseconds_are_rounded_up_and_no_more_than_the_system_takes(long ticks, int ms) =>
        Assert.Equal(ms, Deadline.ToMilliseconds(TimeSpan.FromTicks(ticks)));

    [Fact]
    public void What_is_left_ends_at_zero_and_a_slice_of_it_at_a_second()
    {
        var clock = new ManualClock();
        var deadline = new Deadline(2.5 * Second, clock);
        Assert.Equal((2.5 * Second, Second), (deadline.Remaining, deadline.Slice));
        clock.Advance(1.75 * Second);
        Assert.Equal((0.75 * Second, 0.75 * Second), (deadline.Remaining, deadline.Slice));
        Assert.Equal((750, false), (deadline.RemainingMs, deadline.HasPassed));
        clock.Advance(0.75 * Second);
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (deadline.Remaining, deadline.Slice));
        Assert.True(deadline.HasPassed);
        clock.Advance(Second);
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (deadline.Remaining, deadline.Slice));
        Assert.Equal((0, true), (deadline.RemainingMs, deadline.HasPassed));
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

    [Fact]
    public void A_clock_that_goes_back_leaves_no_more_than_there_was()
    {
        var clock = new ManualClock();
        var deadline = new Deadline(TimeSpan.MaxValue, clock);
        clock.Advance(-Second);
        Assert.Equal(TimeSpan.MaxValue, deadline.Remaining);
    }
}
