using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>Accepting from the system's listeners, by one thread and by many.</summary>
[Alone]
public class AcceptCompleteTests
{
    public static bool OnLinux => OperatingSystem.IsLinux();

    public static TheoryData<WaitMechanism> Mechanisms => WaitTests.Mechanisms;

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public void It_waits_for_a_connection_and_says_from_where_it_comes(WaitMechanism mechanism)
    {
        using Sock listener = Listen(out EndPoint address, mechanism);
        var accepting = Background.Run(() =>
        {
            Sock accepted = listener.AcceptComplete(out EndPoint? from, Within.Long);
            return (accepted, from);
        });
        accepting.UntilBlocked();
        using Sock client = Connect(address);
        (Sock server, EndPoint? peer) = accepting.Join();
        using (server)
        {
            client.GetSockName(out EndPoint? own);
            Assert.Equal(own, peer);
            Assert.Equal(mechanism, server.Mechanism);
            server.SendComplete("welcome\n", Within.Long);
            Assert.Equal("welcome", client.RecvUntilTerminator(10, Within.Long, default, 9));
        }
    }

    [Fact(Skip = "only Linux tells whether a handle blocks", SkipUnless = nameof(OnLinux))]
    public void The_listener_blocks_no_longer_and_what_it_accepts_does()
    {
        using Sock listener = Listen(out EndPoint address);
        Assert.True(Descriptors.Blocks(listener.Get()));
        Assert.Equal(
            SockStatus.Timeout,
            listener.TryAcceptComplete(out Sock? none, TimeSpan.Zero).Status
        );
        Assert.Null(none);
        Assert.False(Descriptors.Blocks(listener.Get()));
        using Sock client = Connect(address);
        using Sock server = listener.AcceptComplete(Within.Long);
        Assert.True(Descriptors.Blocks(server.Get()));
        Assert.True(Descriptors.ClosesOnExec(server.Get()));
    }

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public void It_ends_by_its_deadline_an_interrupt_and_a_disposal(WaitMechanism mechanism)
    {
        using Sock listener = Listen(out _, mechanism);
        Assert.Equal(SockStatus.Timeout, listener.TryAcceptComplete(out _, Within.Brief).Status);
        var interrupt = new ThreadInterrupt();
        Soon.Holds(
            beforehand: interrupt.Reset,
            () =>
                Assert.Equal(
                    SockStatus.Interrupted,
                    listener.TryAcceptComplete(out _, Within.Long, interrupt).Status
                ),
            interrupt.Interrupt
        );
        Sock? disposed = null;
        Soon.Holds(
            beforehand: () => disposed = Listen(out _, mechanism),
            () =>
                Assert.Equal(
                    SockOutcome.Failed(NetworkError.BadHandle),
                    disposed!.TryAcceptComplete(out _, Within.Long)
                ),
            () => disposed!.Dispose()
        );
    }

    // On a blocking handle the slower of two used to stay in accept(2) for ever.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_two_threads_the_slower_one_waits_on_until_it_is_told_to_stop(bool disposes)
    {
        using Sock listener = Listen(out EndPoint address);
        var interrupt = new ThreadInterrupt();
        for (int round = 0; round < 20; round++)
        {
            var served = new ConcurrentBag<Sock>();
            var both = Enumerable
                .Range(0, 2)
                .Select(_ =>
                    Background.Run(() =>
                    {
                        SockOutcome outcome;
                        while (true)
                        {
                            outcome = listener.TryAcceptComplete(
                                out Sock? one,
                                Within.Long,
                                interrupt
                            );
                            if (one is null)
                            {
                                return outcome;
                            }

                            served.Add(one);
                        }
                    })
                )
                .ToArray();
            Array.ForEach(both, one => one.UntilBlocked());
            using Sock client = Connect(address);
            Assert.True(SpinWait.SpinUntil(() => !served.IsEmpty, Within.Long));
            Array.ForEach(both, one => one.UntilBlocked());
            bool last = round == 19;
            (disposes && last ? listener.Dispose : (Action)interrupt.Interrupt)();
            SockOutcome[] ends = [.. both.Select(one => one.Join())];
            Assert.All(
                ends,
                end =>
                    Assert.Equal(
                        disposes && last ? SockStatus.Failed : SockStatus.Interrupted,
                        end.Status
                    )
            );
            interrupt.Reset();
            served.Single().Dispose();
        }
    }

    [Fact]
    public void Many_threads_accept_each_connection_once()
    {
        const int Clients = 300;
        using Sock listener = Listen(out EndPoint address);
        var accepted = new ConcurrentBag<EndPoint?>();
        var all = Enumerable
            .Range(0, 8)
            .Select(_ =>
                Background.Run(() =>
                {
                    while (
                        listener
                            .TryAcceptComplete(out Sock? one, out EndPoint? from, Within.Long)
                            .IsOk
                    )
                    {
                        accepted.Add(from);
                        one!.Dispose();
                    }

                    return true;
                })
            )
            .ToArray();
        var clients = new HashSet<EndPoint?>();
        for (int i = 0; i < Clients; i++)
        {
            using Sock client = Connect(address);
            client.GetSockName(out EndPoint? own);
            clients.Add(own);
            client.TryRecvComplete(new byte[1], Within.Long); // the end: it was accepted
        }

        listener.Dispose();
        Array.ForEach(all, one => one.Join());
        Assert.Equal(Clients, accepted.Count);
        Assert.Equal(clients, accepted.ToHashSet());
    }

    [Fact(Skip = "limits descriptors", SkipUnless = nameof(OnLinux))]
    public void Without_a_descriptor_left_it_fails_at_once_and_nobody_is_lost()
    {
        using Sock listener = Listen(out EndPoint address);
        listener.TryAcceptComplete(out _, TimeSpan.Zero);
        using Sock client = Connect(address);
        SockOutcome outcome;
        Sock? none;
        using (new FewDescriptors(0))
        {
            outcome = listener.TryAcceptComplete(out none, Within.Long);
        }

        const int EMFILE = 24;
        Assert.Equal(SockOutcome.Failed(EMFILE), outcome);
        Assert.Null(none);
        using Sock server = listener.AcceptComplete(Within.Long);
        server.SendComplete("x", Within.Long);
        client.RecvComplete(new byte[1], Within.Long);
    }

    [Fact]
    public void What_cannot_accept_fails_as_accept_does()
    {
        Assert.Equal(
            SockOutcome.Failed(NetworkError.BadHandle),
            new Sock().TryAcceptComplete(out _, Within.Long)
        );
        using Sock idle = Sock.Create(AddressFamily.InterNetwork);
        Assert.Equal(
            SockOutcome.Failed(NetworkError.InvalidArgument),
            idle.TryAcceptComplete(out _, Within.Long)
        );
        using Sock datagrams = Sock.Create(AddressFamily.InterNetwork, SocketType.Dgram);
        Assert.Equal(
            SockOutcome.Failed(NetworkError.NativeCode(SocketError.OperationNotSupported)),
            datagrams.TryAcceptComplete(out _, Within.Long)
        );
    }

    // accept(2): "treat them like EAGAIN by retrying".
    [Theory]
    [InlineData(SocketError.ConnectionAborted, true)]
    [InlineData(SocketError.NetworkDown, true)]
    [InlineData(SocketError.NetworkUnreachable, true)]
    [InlineData(SocketError.HostDown, true)]
    [InlineData(SocketError.HostUnreachable, true)]
    [InlineData(SocketError.ProtocolOption, true)]
    [InlineData(SocketError.OperationNotSupported, true)]
    [InlineData(SocketError.TooManyOpenSockets, false)]
    [InlineData(SocketError.NoBufferSpaceAvailable, false)]
    [InlineData(SocketError.InvalidArgument, false)]
    [InlineData(SocketError.NotSocket, false)]
    public void What_is_said_of_one_connection_is_told_from_what_is_said_of_the_listener(
        SocketError error,
        bool goesOn
    )
    {
        using Sock listener = Listen(out _);
        bool onPosix = !OperatingSystem.IsWindows();
        bool expected = onPosix ? goesOn : error == SocketError.ConnectionAborted;
        int code = NetworkError.NativeCode(error);
        Assert.Equal(expected, ((ISockAccept<Sock>)listener).AcceptGoesOn(code));
    }

    [Theory(Skip = "numbers of Linux", SkipUnless = nameof(OnLinux))]
    [InlineData(71)] // EPROTO
    [InlineData(64)] // ENONET
    public void So_are_the_codes_that_have_no_name_in_the_base_library(int code)
    {
        using Sock listener = Listen(out _);
        Assert.True(((ISockAccept<Sock>)listener).AcceptGoesOn(code));
        Assert.False(((ISockAccept<Sock>)listener).AcceptGoesOn(0));
    }

    private static Sock Connect(EndPoint address)
    {
        Sock client = Sock.Create(address.AddressFamily);
        client.ConnectComplete(address, Within.Long);
        return client;
    }

    private static Sock Listen(out EndPoint address, WaitMechanism mechanism = WaitMechanism.Poll)
    {
        Sock listener = SockForTests.Listen(out address, backlog: 100);
        listener.Mechanism = mechanism;
        return listener;
    }
}
