using Xunit;

namespace BitcoinSock.Unit;

[Alone]
public class SockPollerRaceTests
{
    private const int SlotsEach = 8;

    // CI has more time than somebody who waits.
    private static readonly int Changes =
        Environment.GetEnvironmentVariable("CI") == "true" ? 1_000_000 : 20_000;

    [Theory(
        Skip = "the server of Wine 8 aborts when a socket is closed that somebody polls",
        SkipType = typeof(Wine),
        SkipWhen = nameof(Wine.IsHere)
    )]
    [InlineData("best")]
    [InlineData("poll")]
    public void Two_threads_change_what_a_third_waits_for_and_no_event_is_for_a_wrong_socket(
        string way
    )
    {
        int before = OperatingSystem.IsLinux() ? Descriptors.CountHeld() : 0;
        using (SockPoller poller = way == "poll" ? new(WaitMechanism.Poll) : new())
        {
            int running = 2;
            Background<int>[] changers =
            [
                .. Enumerable
                    .Range(0, 2)
                    .Select(seed =>
                        Background.Run(() =>
                        {
                            try
                            {
                                return Change(poller, new Random(seed));
                            }
                            finally
                            {
                                Interlocked.Decrement(ref running);
                            }
                        })
                    ),
            ];
            var ready = new ReadySock[2 * SlotsEach];
            int events = 0;
            while (Volatile.Read(ref running) > 0)
            {
                int count = poller.Wait(ready, TimeSpan.FromMilliseconds(1)).Count;
                for (int i = 0; i < count; i++)
                {
                    Check(ready[i]);
                    events++;
                }
            }

            Array.ForEach(changers, changer => changer.Join());
            Assert.True(events > 0, "no event came, so none could be wrong");
            Assert.Equal(0, poller.Count);
        }

        Assert.InRange(OperatingSystem.IsLinux() ? Descriptors.Count() : 0, 0, before + 2);
    }

    // Half of the sockets never get a byte. Their numbers go to others, all the time; an event for
    // such a one would be another's.
    private static void Check(ReadySock ready)
    {
        var entry = Assert.IsType<Entry>(ready.State);
        Assert.Same(entry.Near, ready.Sock);
        Assert.True(entry.IsWritten, "an event for a socket at which nothing ever arrived");
        Assert.Equal(SockEvents.Recv, ready.Occurred & SockEvents.Recv);
        byte[] one = new byte[1];
        SockResult got = ready.Sock.Recv(one, SockFlags.DontWait);
        Assert.True(got.Count < 1 || one[0] == entry.Mark, "a byte of another socket");
    }

    private static int Change(SockPoller poller, Random random)
    {
        var slots = new Entry?[SlotsEach];
        for (int change = 0; change < Changes / 2; change++)
        {
            ref Entry? slot = ref slots[random.Next(SlotsEach)];
            slot ??= Entry.Create(poller, random);
            switch (random.Next(6))
            {
                case 0:
                    poller.Remove(slot.Near);
                    break;
                case 1:
                    poller.Modify(slot.Near, SockEvents.Recv);
                    break;
                case 2 when slot.IsWritten:
                    slot.Far.Send([slot.Mark], SockFlags.DontWait | SockFlags.NoSignal);
                    break;
                case 3:
                    slot.Near.Dispose(); // while it is registered, or not any more
                    slot.Far.Dispose();
                    slot = null;
                    break;
                case 4 when poller.Remove(slot.Near):
                    poller.Add(slot.Near, SockEvents.Recv, slot);
                    break;
            }
        }

        foreach (Entry? left in slots)
        {
            left?.Near.Dispose();
            left?.Far.Dispose();
        }

        return 0;
    }

    private sealed record Entry(Sock Near, Sock Far, byte Mark, bool IsWritten)
    {
        public static Entry Create(SockPoller poller, Random random)
        {
            (Sock near, Sock far) = Sock.CreatePair();
            var entry = new Entry(near, far, (byte)random.Next(256), random.Next(2) == 0);
            if (entry.IsWritten)
            {
                far.Send([entry.Mark], SockFlags.None);
            }

            poller.Add(near, SockEvents.Recv, entry);
            return entry;
        }
    }
}
