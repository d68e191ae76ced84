using Xunit;

namespace BitcoinSock.Unit;

[Alone]
public class WaitManyTests
{
    public static bool HasMany => OperatingSystem.IsLinux() || OperatingSystem.IsWindows();

    public static TheoryData<WaitMechanism, int> Sizes
    {
        get
        {
            var sizes = new TheoryData<WaitMechanism, int>();
            foreach (int size in (int[])[1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 300])
            {
                sizes.Add(WaitMechanism.Poll, size);
                sizes.Add(WaitMechanism.Select, size);
            }

            sizes.Add(WaitMechanism.Poll, 1023);
            sizes.Add(WaitMechanism.Poll, 1024);
            sizes.Add(WaitMechanism.Poll, 1025);
            bool isCi = Environment.GetEnvironmentVariable("CI") == "true";
            string? skip =
                isCi || Descriptors.Most() > 11_000 ? null : "ulimit -n 11000 is needed.";
            sizes.Add(
                new TheoryDataRow<WaitMechanism, int>(WaitMechanism.Poll, 5000) { Skip = skip }
            );
            return sizes;
        }
    }

    [Theory(Skip = "opens thousands of descriptors", SkipUnless = nameof(HasMany))]
    [MemberData(nameof(Sizes))]
    public void It_answers_as_single_waits_would(WaitMechanism mechanism, int size)
    {
        var random = new Random(size);
        List<(Sock Near, Sock Far)> pairs =
        [
            .. Enumerable.Range(0, size).Select(_ => Sock.CreatePair()),
        ];
        var waits = new SockWait[size];
        for (int i = 0; i < size; i++)
        {
            pairs[i].Near.Mechanism = mechanism;
            waits[i] = new SockWait(
                pairs[i].Near,
                (SockEvents)random.Next(4) | (i == 0 ? SockEvents.Recv : SockEvents.None)
            );
            if (i == 0 || random.Next(3) == 0)
            {
                pairs[i].Far.Send([1]);
            }
            else if (random.Next(5) == 0)
            {
                pairs[i].Far.Dispose();
            }
        }

        SockResult many = Sock.WaitMany(Within.Long, waits);
        List<(SockEvents Occurred, int Count)> single = [];
        foreach (SockWait wait in waits)
        {
            int count = wait
                .Sock.Wait(TimeSpan.Zero, wait.Requested, out SockEvents occurred)
                .Count;
            single.Add((occurred, count));
        }

        // Before anything is asserted: thousands of descriptors left open would fail other tests.
        foreach ((Sock near, Sock far) in pairs)
        {
            near.Dispose();
            far.Dispose();
        }

        Assert.Equal(single.Select(one => one.Occurred), waits.Select(wait => wait.Occurred));
        Assert.Equal(single.Sum(one => one.Count), many.Count);
    }

    [Theory]
    [MemberData(nameof(WaitTests.Mechanisms), MemberType = typeof(WaitTests))]
    public void One_bad_handle_among_good_ones_is_the_error_and_is_marked(WaitMechanism mechanism)
    {
        using var good = new Pair(PairKind.UnixByPoll);
        var foreign = new Sock(Descriptors.NeverOpen);
        good.Near.Mechanism = foreign.Mechanism = mechanism;
        SockWait[] waits = [new(good.Near, SockEvents.Recv), new(foreign, SockEvents.Recv)];
        SockResult result = Sock.WaitMany(Within.Long, waits);
        foreign.Release();

        Assert.Equal(SockResult.Fail(OperatingSystem.IsWindows() ? 10038 : 9), result);
        Assert.Equal(SockEvents.None, waits[0].Occurred);
        Assert.Equal(SockEvents.Error, waits[1].Occurred);

        waits[1] = new SockWait(new Sock(), SockEvents.Recv);
        Assert.True(Sock.WaitMany(Within.Long, waits).IsError);
        Assert.Equal(SockEvents.Error, waits[1].Occurred);
    }

    [Fact]
    public void What_occurred_before_is_forgotten()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        SockWait[] waits = [new(pair.Near, SockEvents.Recv)];
        pair.Arrive(1);
        Sock.WaitMany(Within.Long, waits);
        Assert.Equal(SockEvents.Recv, waits[0].Occurred);
        pair.Near.RecvNow();
        Assert.Equal(SockResult.Ok(0), Sock.WaitMany(TimeSpan.Zero, waits));
        Assert.Equal(SockEvents.None, waits[0].Occurred);
    }

    [Fact]
    public void Disposing_one_of_many_ends_the_wait()
    {
        using var one = new Pair(PairKind.UnixByPoll);
        using var other = new Pair(PairKind.TcpByPoll);
        SockWait[] waits = [new(one.Near, SockEvents.Recv), new(other.Near, SockEvents.Recv)];
        var waiter = Background.Run(() => Sock.WaitMany(Timeout.InfiniteTimeSpan, waits));
        other.Near.Dispose();
        Assert.True(waiter.Join().IsError);
    }

    [Fact]
    public void Two_threads_may_wait_with_the_same_array()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        (Sock other, Sock end) = Sock.CreatePair();
        SockWait[] waits = [new(near, SockEvents.Recv), new(other, SockEvents.Recv)];
        bool Wait()
        {
            for (int round = 0; round < 5000; round++)
            {
                Assert.Equal(SockResult.Ok(0), Sock.WaitMany(TimeSpan.FromTicks(1), waits));
            }

            return true;
        }

        var thread = Background.Run(Wait);
        Wait();
        thread.Join();

        // Held once too often it would stay open; once too rarely it would be closed already.
        Assert.True(near.IsConnected(out _) && other.IsConnected(out _));
        near.Dispose();
        other.Dispose();
        Assert.False(far.IsConnected(out _));
        Assert.False(end.IsConnected(out _));
        far.Dispose();
        end.Dispose();
    }

    [Fact]
    public void No_sockets_is_a_sleep_and_a_null_among_them_is_refused()
    {
        Assert.Equal(SockResult.Ok(0), Sock.WaitMany(Within.Brief, []));
        var nothing = new SockWait[1];
        Assert.Throws<ArgumentException>(() => Sock.WaitMany(Within.Brief, nothing));
    }
}
