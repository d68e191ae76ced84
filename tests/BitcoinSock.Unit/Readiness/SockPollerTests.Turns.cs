using Xunit;

namespace BitcoinSock.Unit;

/// <summary>Who is told when more are ready than there is room for.</summary>
public partial class SockPollerTests
{
    [Theory]
    [MemberData(nameof(Ways))]
    public void More_are_ready_than_there_is_room_for_and_each_gets_its_turn(string way)
    {
        const int Room = 3;
        using SockPoller poller = Make(way);
        // Winsock's select(2) holds 64, if one takes its header's word for it.
        Pair[] pairs = [.. Enumerable.Range(0, 70).Select(_ => new Pair(PairKind.UnixByPoll))];
        for (int i = 0; i < pairs.Length; i++)
        {
            poller.Add(pairs[i].Near, SockEvents.Recv, i);
            pairs[i].Arrive("x"u8);
        }

        var ready = new ReadySock[Room];
        for (int round = 0; round < 5; round++)
        {
            var told = new HashSet<object?>();
            int waits = 0;
            while (told.Count < pairs.Length)
            {
                waits++;
                int count = poller.Wait(ready, Within.Long).Count;
                Assert.InRange(count, 1, Room);
                told.UnionWith(ready[..count].Select(each => each.State));
            }

            Assert.InRange(waits, 1, (pairs.Length + Room - 1) / Room + 1);
        }

        Array.ForEach(pairs, pair => pair.Dispose());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Two_that_are_always_ready_among_many_idle_ones_are_told_in_turn(string way)
    {
        using SockPoller poller = Make(way);
        Pair[] pairs = [.. Enumerable.Range(0, 200).Select(_ => new Pair(PairKind.UnixByPoll))];
        for (int i = 0; i < pairs.Length; i++)
        {
            poller.Add(pairs[i].Near, SockEvents.Recv, i);
        }

        pairs[17].Arrive("x"u8);
        pairs[18].Arrive("x"u8);
        var ready = new ReadySock[1];
        int[] told = new int[pairs.Length];
        for (int wait = 0; wait < 100; wait++)
        {
            Assert.Equal(SockResult.Ok(1), poller.Wait(ready, Within.Long));
            told[(int)ready[0].State!]++;
            // One that is changed is not put last for that.
            poller.Modify(ready[0].Sock, SockEvents.Recv);
        }

        Assert.Equal((50, 50), (told[17], told[18]));
        Array.ForEach(pairs, pair => pair.Dispose());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Who_comes_and_goes_takes_nobodys_turn(string way)
    {
        using SockPoller poller = Make(way);
        using var steady = new Pair(PairKind.UnixByPoll);
        using var other = new Pair(PairKind.UnixByPoll);
        steady.Arrive("x"u8);
        other.Arrive("x"u8);
        var guest = new Pair(PairKind.UnixByPoll);
        poller.Add(guest.Near, SockEvents.Recv);
        poller.Add(steady.Near, SockEvents.Recv);
        poller.Add(other.Near, SockEvents.Recv);
        var ready = new ReadySock[1];
        int told = 0;
        for (int wait = 0; wait < 60; wait++)
        {
            poller.Remove(guest.Near);
            guest.Dispose();
            guest = new Pair(PairKind.UnixByPoll);
            guest.Arrive("x"u8);
            poller.Add(guest.Near, SockEvents.Recv);
            Assert.Equal(SockResult.Ok(1), poller.Wait(ready, Within.Long));
            told += ready[0].Sock == steady.Near ? 1 : 0;
        }

        guest.Dispose();
        Assert.InRange(told, 60 / 3 - 1, 60);
    }
}
