using Xunit;

namespace BitcoinSock.Unit;

public class ThreadInterruptProperties
{
    public enum Step
    {
        Interrupt,
        Reset,
        Take,
    }

    [Property]
    public void A_flag_that_is_lowered_can_be_raised_again_and_a_token_that_was_raised_stays_so(
        Step[] steps
    )
    {
        var interrupt = new ThreadInterrupt();
        // Of each time that it was lowered; the last is the present one.
        List<bool> raised = [false];
        List<(CancellationToken Token, int Time)> taken = [];
        foreach (Step step in steps)
        {
            switch (step)
            {
                case Step.Interrupt:
                    interrupt.Interrupt();
                    raised[^1] = true;
                    break;
                case Step.Reset:
                    interrupt.Reset();
                    raised.AddRange(raised[^1] ? [false] : []);
                    break;
                default:
                    taken.Add((interrupt, raised.Count - 1));
                    break;
            }

            Assert.Equal(raised[^1], interrupt.AsBool());
            Assert.Equal(raised[^1], interrupt.Token.IsCancellationRequested);
            Assert.Equal(!raised[^1], interrupt.SleepFor(TimeSpan.Zero));
            Assert.All(
                taken,
                each => Assert.Equal(raised[each.Time], each.Token.IsCancellationRequested)
            );
        }
    }
}
