using System.Diagnostics;
using System.Text;
using BitcoinSock;

namespace PeerProbe;

/// <summary>What a timeout costs: time, and not one byte.</summary>
internal static class DeadlineScene
{
    private const int LineMax = 1024;
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(150);

    public static void Play(Story story)
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using (near)
        using (far)
        {
            far.SendComplete("250-VERS", Short);
            long start = Stopwatch.GetTimestamp();
            string kept = "";
            try
            {
                near.RecvUntilTerminator((byte)'\n', Short, default, LineMax);
            }
            catch (SockException late) when (late.Status == SockStatus.Timeout)
            {
                kept = Encoding.ASCII.GetString(late.Received.Span);
                story.Tell(late.Message);
            }

            TimeSpan took = Stopwatch.GetElapsedTime(start);
            story.Tell(
                $"deadline {Short.TotalMilliseconds} ms, took {took.TotalMilliseconds:0.0} ms"
            );
            story.Check("not a moment early", took >= Short, Short, took);
            story.Check("SockException.Received has \"250-VERS\"", "250-VERS", kept);

            far.SendComplete("ION Tor=\"0.4.8.0-demo\"\n", Short);
            string rest = near.RecvUntilTerminator((byte)'\n', Short, default, LineMax);
            story.Tell($"the rest, when it comes: {rest}");
            story.Check("both are the line", "250-VERSION Tor=\"0.4.8.0-demo\"", kept + rest);
        }
    }
}
