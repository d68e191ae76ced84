using System.Diagnostics;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>Connections that go to the base library and come back, many times.</summary>
public partial class OwnershipTests
{
    [Fact]
    public void Handing_over_to_and_fro_costs_no_number_and_no_descriptor()
    {
        const int Rounds = 20_000;
        (Sock near, Sock far) = Sock.CreatePair();
        using Sock peer = far;
        CSocket number = near.Get();
        int before = OnLinux ? Descriptors.CountHeld() : 0;
        for (int round = 0; round < Rounds; round++)
        {
            near = Sock.From(near.ToSocket());
        }

        Assert.Equal(number, near.Get());
        Assert.Equal(before, OnLinux ? Descriptors.Count() : 0);
        near.Dispose();
        Assert.Equal(SockResult.Ok(0), far.Recv(new byte[1]));
    }

    [Fact(
        Skip = "a completion port keeps a socket, whatever its number",
        SkipUnless = nameof(IsPosix)
    )]
    public async Task Handing_over_to_and_fro_and_awaiting_each_time_costs_no_time_either()
    {
        const int Rounds = 3_000;
        const int SlowerMost = 8; // it was 45 times
        (Sock near, Sock far) = Sock.CreatePair();
        using Sock peer = far;
        CSocket number = near.Get();
        await Round();
        double before = MedianUs();
        for (int round = 0; round < Rounds; round++)
        {
            await Round();
        }

        Assert.Equal(number, near.Get());
        Assert.InRange(MedianUs(), 0, SlowerMost * before);
        near.Dispose();

        async Task Round()
        {
            Socket socket = near.ToSocket();
            Task<int> awaited = socket.ReceiveAsync(new byte[1]);
            peer.Send([1]).ThrowIfError("send");
            Assert.Equal(1, await awaited);
            near = Sock.From(socket);
        }

        double MedianUs()
        {
            double[] all = new double[1000];
            byte[] got = new byte[1];
            for (int i = 0; i < all.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                peer.Send([1]).ThrowIfError("send");
                near.Recv(got).ThrowIfError("recv");
                all[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            }

            Array.Sort(all);
            return all[all.Length / 2];
        }
    }

    [Fact(Skip = "a completion port keeps a socket", SkipUnless = nameof(IsPosix))]
    public async Task A_handle_that_was_awaited_can_be_handed_over_to_and_fro_too()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using Sock peer = far;
        for (int round = 0; round < 5; round++)
        {
            var handle = new SafeSocketHandle(near.Release().Value, ownsHandle: true);
            using var socket = new Socket(handle);
            Task<int> awaited = socket.ReceiveAsync(new byte[1]);
            peer.SendComplete("x", Within.Long);
            Assert.Equal(1, await awaited);
            near = Sock.From(handle);
            Assert.True(handle.IsClosed);
        }

        near.SendComplete("still here", Within.Long);
        Assert.Equal("still here"u8, peer.RecvNow());
        near.Dispose();
    }

    [Fact(Skip = "limits descriptors as Linux does", SkipUnless = nameof(OnLinux))]
    public async Task Where_no_descriptor_is_left_and_the_number_is_the_highest_it_works_as_well()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using Sock peer = far;
        using Socket socket = near.ToSocket();
        Task<int> awaited = socket.ReceiveAsync(new byte[1]);
        far.Send([1]).ThrowIfError("send");
        Assert.Equal(1, await awaited);
        using (var few = new FewDescriptors(0))
        {
            Sock highest = few.TakeHighest();
            CSocket number = highest.Get();
            for (int round = 0; round < 300; round++)
            {
                highest = Sock.From(highest.ToSocket());
            }

            near = Sock.From(socket);
            Assert.Equal(number, highest.Get());
            highest.Dispose();
        }

        far.SendComplete("x", Within.Long);
        Assert.Equal("x"u8, near.RecvNow());
        near.Dispose();
    }

    [Fact]
    public void What_cannot_be_handed_over_stays_where_it_was()
    {
        var closed = new Sock(new CSocket(1_000_000));
        Assert.Throws<SocketException>(closed.ToSocket);
        Assert.Throws<SocketException>(closed.ToSocket);
        Assert.Equal(new CSocket(1_000_000), closed.Release());
        Assert.Throws<InvalidOperationException>(closed.ToSocket);
    }

    [Fact]
    public void Of_two_threads_that_hand_one_over_exactly_one_does()
    {
        using var failures = new CloseFailures();
        using var both = new Barrier(2); // else the first has mostly done it when the other comes
        for (int round = 0; round < 500; round++)
        {
            using var pair = new Pair(PairKind.UnixByPoll);
            Socket? HandOver()
            {
                both.SignalAndWait();
                try
                {
                    return pair.Near.ToSocket();
                }
                catch (InvalidOperationException)
                {
                    return null;
                }
            }

            var other = Background.Run(HandOver);
            Socket?[] handed = [HandOver(), other.Join()];
            using Socket socket = Assert.Single(handed, one => one is not null)!;
            Assert.Equal(1, socket.Send([1]));
        }

        Assert.Equal(0, failures.Count);
    }

    [Fact(Skip = "filters system calls as Linux does", SkipUnless = nameof(OnLinux))]
    public void What_needs_no_network_works_where_only_unix_sockets_may_be_made()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using var cold = new NoWakeUps();
        string reply = UnixOnly.Run(() =>
        {
            Assert.Throws<SockException>(() => Sock.Create(AddressFamily.InterNetwork));
            using Sock listener = Sock.Create(AddressFamily.Unix);
            listener.Bind(new UnixDomainSocketEndPoint(path)).ThrowIfError("bind");
            listener.Listen(1).ThrowIfError("listen");
            using Sock client = Sock.Create(AddressFamily.Unix);
            client.ConnectComplete(new UnixDomainSocketEndPoint(path), Within.Long);
            listener.Accept(out Sock server).ThrowIfError("accept");
            server = Sock.From(server.ToSocket());
            using var managed = new ManagedSock(server.ToSocket());
            using var poller = new SockPoller();
            using var byPoll = new SockPoller(WaitMechanism.Poll);
            using var bySelect = new SockPoller(WaitMechanism.Select);
            poller.Add(client, SockEvents.Recv);
            Assert.Equal(0, poller.Wait(new ReadySock[1], Within.Brief).Count);
            Assert.Equal(0, client.Wait(Within.Brief, SockEvents.Recv, out _).Count);
            managed.SendComplete("hello\n", Within.Long);
            return client.RecvUntilTerminator((byte)'\n', Within.Long, default, 100);
        });
        File.Delete(path);
        Assert.Equal("hello", reply);
    }
}
