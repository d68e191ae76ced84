using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Xunit;

namespace BitcoinSock.Unit;

[Alone]
public partial class OwnershipTests
{
    public static bool TellsOfExec => OnLinux || OperatingSystem.IsWindows();

    public static bool OnLinux => OperatingSystem.IsLinux();

    [Fact]
    public void A_new_sock_is_empty_and_answers_every_call_with_bad_handle()
    {
        using var sock = new Sock();
        int bad = OperatingSystem.IsWindows() ? 10038 : 9;

        Assert.True(sock.IsEmpty);
        Assert.True(sock.Get().IsInvalid);
        Assert.True(sock.Release().IsInvalid);
        Assert.False(sock.IsSelectable());
        Assert.Equal(SockResult.Fail(bad), sock.Send([1]));
        Assert.Equal(SockResult.Fail(bad), sock.Recv(new byte[1]));
        Assert.Equal(SockResult.Fail(bad), sock.ShutdownSend());
        Assert.Equal(SockResult.Fail(bad), sock.Listen(1));
        Assert.Equal(SockResult.Fail(bad), sock.SetNonBlocking());
        Assert.Equal(SockResult.Fail(bad), sock.Bind(new IPEndPoint(IPAddress.Loopback, 0)));
        Assert.Equal(SockResult.Fail(bad), sock.Connect(new IPEndPoint(IPAddress.Loopback, 1)));
        Assert.Equal(SockResult.Fail(bad), sock.GetSockName(out EndPoint? name));
        Assert.Null(name);
        Assert.Equal(SockResult.Fail(bad), sock.Accept(out Sock accepted, out EndPoint? peer));
        Assert.True(accepted.IsEmpty);
        Assert.Null(peer);
        Assert.Equal(SockResult.Fail(bad), sock.Wait(Within.Long, SockEvents.Recv, out _));
    }

    [Fact]
    public void An_invalid_descriptor_makes_an_empty_sock() =>
        Assert.True(new Sock(CSocket.Invalid).IsEmpty);

    [Fact]
    public void Dispose_closes_so_that_the_peer_sees_the_end()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using (far)
        {
            near.Dispose();
            near.Dispose();
            Assert.True(near.IsEmpty);
            Assert.Equal(SockResult.Ok(0), far.Recv(new byte[1]));
        }
    }

    [Fact]
    public void AssignFrom_closes_what_it_held_and_empties_the_other()
    {
        using var kept = new Pair(PairKind.UnixByPoll);
        using var dropped = new Pair(PairKind.UnixByPoll);
        CSocket descriptor = kept.Near.Get();

        dropped.Near.AssignFrom(kept.Near);

        Assert.True(kept.Near.IsEmpty);
        Assert.Equal(descriptor, dropped.Near.Get());
        Assert.Equal(SockResult.Ok(0), dropped.Far.Recv(new byte[1]));
        dropped.Near.SendComplete("moved", Within.Long);
        Assert.Equal("moved"u8, kept.Far.RecvNow());
    }

    [Fact]
    public void AssignFrom_itself_does_nothing()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        CSocket descriptor = pair.Near.Get();
        pair.Near.AssignFrom(pair.Near);
        Assert.Equal(descriptor, pair.Near.Get());
        Assert.True(pair.Near.IsConnected(out _));
    }

    [Fact]
    public void Release_gives_the_descriptor_up_open()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        CSocket descriptor = pair.Near.Release();
        Assert.True(pair.Near.IsEmpty);
        pair.Near.Dispose();

        using var owner = new Sock(descriptor);
        owner.SendComplete("still open", Within.Long);
        Assert.Equal("still open"u8, pair.Far.RecvNow());
    }

    [Fact]
    public void Release_keeps_the_descriptor_open_for_a_call_that_is_using_it()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        CSocket released = CSocket.Invalid;
        var reader = new Thread(() => pair.Near.Recv(new byte[1]));
        reader.Start();
        released = pair.Near.Release();
        using var owner = new Sock(released);
        pair.Arrive(1);
        Assert.True(reader.Join(Within.Long));
        Assert.True(owner.IsConnected(out _));
    }

    [Fact]
    public void A_handle_that_was_let_go_cannot_be_held()
    {
        var handle = new SockHandle().Take(Sock.CreatePair().First.Release());
        Assert.True(handle.TryHold());
        handle.Dispose();

        // The call that holds it goes on; no other begins.
        Assert.False(handle.TryHold());
        Assert.False(handle.IsClosed);
        handle.DangerousRelease();
        Assert.True(handle.IsClosed);
        Assert.False(handle.TryHold());
    }

    [Fact]
    public void Of_a_pair_the_other_end_is_the_one_that_was_connected_and_a_stranger_is_shut_out()
    {
        using Sock listener = Sock.Create(AddressFamily.InterNetwork);
        using Sock stranger = Sock.Create(AddressFamily.InterNetwork);
        using Sock first = Sock.Create(AddressFamily.InterNetwork);
        Assert.Equal(SockResult.Ok(0), listener.Bind(new IPEndPoint(IPAddress.Loopback, 0)));
        Assert.Equal(SockResult.Ok(0), listener.Listen(2));
        Assert.Equal(SockResult.Ok(0), listener.GetSockName(out EndPoint? address));
        stranger.ConnectComplete(address!, Within.Long);
        first.ConnectComplete(address!, Within.Long);
        Assert.Equal(SockResult.Ok(0), first.GetSockName(out EndPoint? own));

        using Sock second = Sock.AcceptFrom(listener, own!);

        second.SendComplete("to the first", Within.Long);
        byte[] got = new byte["to the first".Length];
        first.RecvComplete(got, Within.Long);
        Assert.Equal("to the first"u8, got);
        Assert.Equal(SockStatus.Closed, stranger.TryRecvComplete(new byte[1], Within.Long).Status);
    }

    [Fact]
    public void A_forgotten_sock_is_closed_by_the_finalizer()
    {
        using Sock far = Forget();
        var occurred = SockEvents.None;
        for (int i = 0; i < 100 && occurred == SockEvents.None; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            far.Wait(TimeSpan.FromMilliseconds(1), SockEvents.Recv, out occurred);
        }

        Assert.Equal(SockResult.Ok(0), far.Recv(new byte[1], SockFlags.DontWait));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static Sock Forget() => Sock.CreatePair().Second;
    }

    [Fact(Skip = "nothing tells it here", SkipUnless = nameof(TellsOfExec))]
    public void Every_way_to_make_a_descriptor_closes_it_in_child_processes()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        (Sock client, Sock server) = Sock.CreatePair(AddressFamily.InterNetwork);
        using Sock made = Sock.Create(AddressFamily.InterNetworkV6);
        foreach (Sock sock in (Sock[])[near, far, client, server, made])
        {
            Assert.True(Descriptors.ClosesOnExec(sock.Get()));
            sock.Dispose();
        }
    }

    [Fact(Skip = "counts descriptors in /proc", SkipUnless = nameof(OnLinux))]
    public void Two_threads_that_move_release_reset_and_dispose_leak_and_double_close_nothing()
    {
        const int Rounds = 10_000;
        using var failures = new CloseFailures();
        int before = Descriptors.CountHeld();
        var slots = new[] { new Sock(), new Sock(), new Sock(), new Sock() };

        void Play(int seed)
        {
            var random = new Random(seed);
            for (int round = 0; round < Rounds; round++)
            {
                Sock one = slots[random.Next(slots.Length)];
                Sock other = slots[random.Next(slots.Length)];
                switch (random.Next(5))
                {
                    case 0:
                        (Sock near, Sock far) = Sock.CreatePair();
                        one.AssignFrom(near);
                        other.AssignFrom(far);
                        break;
                    case 1:
                        one.AssignFrom(other);
                        break;
                    case 2:
                        new Sock(one.Release()).Dispose();
                        break;
                    case 3:
                        one.Reset();
                        break;
                    default:
                        one.Dispose();
                        break;
                }

                one.Send([1], SockFlags.DontWait | SockFlags.NoSignal);
            }
        }

        var threads = new[] { new Thread(() => Play(1)), new Thread(() => Play(2)) };
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            Assert.True(thread.Join(Within.Long));
        }

        foreach (Sock slot in slots)
        {
            slot.Dispose();
        }

        Assert.Equal(before, Descriptors.Count());
        Assert.Equal(0, failures.Count);
    }

    [Fact]
    public void A_close_that_fails_is_reported_and_hides_no_earlier_error()
    {
        using var failures = new CloseFailures();
        var sock = new Sock(new CSocket(1_000_000));
        using var idle = new Pair(PairKind.UnixByPoll);
        SockResult earlier = idle.Near.Recv(new byte[1], SockFlags.DontWait);
        Assert.Equal(SockResult.Fail(NetworkError.WouldBlock), earlier);
        int captured = NetworkError.LastSocketError();

        sock.Dispose();

        Assert.Equal(1, failures.Count);
        Assert.Equal(earlier.Error, captured);
        Assert.Equal(captured, NetworkError.LastSocketError());
    }
}
