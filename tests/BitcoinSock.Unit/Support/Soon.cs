using System.Diagnostics;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>
/// What wakes a wait at once. Who is not woken notices at the end of a slice of a second; a busy
/// machine may be that late too, but not each time.
/// </summary>
internal static class Soon
{
    private const int RoundsMax = 5;

    /// <param name="wait">What waits, in a thread of its own, until it is woken.</param>
    /// <param name="wake">What must wake it.</param>
    public static void Holds(Action wait, Action wake) => Holds(() => { }, wait, wake);

    /// <param name="beforehand">What has to be done before each round.</param>
    /// <param name="wait">What waits, in a thread of its own, until it is woken.</param>
    /// <param name="wake">What must wake it.</param>
    public static void Holds(Action beforehand, Action wait, Action wake)
    {
        int late = 0;
        while (RoundTakes() > Sock.MaxWaitForIo / 2)
        {
            Assert.True(++late < RoundsMax, "it does not wake");
        }

        TimeSpan RoundTakes()
        {
            beforehand();
            var waiter = Background.Run(() =>
            {
                wait();
                return Stopwatch.GetTimestamp();
            });
            waiter.UntilBlocked();
            long start = Stopwatch.GetTimestamp();
            wake();
            return Stopwatch.GetElapsedTime(start, waiter.Join());
        }
    }
}
