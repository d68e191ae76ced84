using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>The seam: what a class gets for which calls it supplies.</summary>
public class BackendTests
{
    [Fact]
    public void Send_Recv_and_Wait_are_enough_for_every_operation()
    {
        var backend = new ScriptedSock("line\nrest");
        ISock sock = backend;
        Assert.True(sock.TrySendComplete("data"u8, Within.Long).IsOk);
        sock.SendComplete("data"u8, Within.Long);
        sock.SendComplete("text", Within.Long);
        Assert.Equal(3, backend.Sends);
        Assert.True(sock.IsConnected(out _));
        Assert.Equal("line", sock.RecvUntilTerminator(10, Within.Long, default, 100));
        byte[] rest = new byte[4];
        sock.RecvComplete(rest, Within.Long);
        Assert.Equal("rest"u8, rest);
        Assert.Equal(SockResult.Fail(SocketError.OperationNotSupported), sock.ShutdownSend());
    }

    [Fact]
    public void An_operation_asks_for_no_more_than_the_calls_it_makes()
    {
        var talker = new Talker();
        talker.SendComplete("hello"u8, Within.Long);
        talker.SendComplete("h"u8, "i"u8, Within.Long);
        Assert.Equal(7, talker.Sent);
        Assert.Equal(TimeProvider.System, ((ISockWait)talker).Clock);
    }

    [Fact]
    public void A_protocol_can_ask_for_one_operation_and_a_backend_can_bring_its_own()
    {
        var own = new OwnSender();
        Greet(own);
        Assert.Equal("hello", own.Sent);

        using var pair = new Pair(PairKind.UnixByPoll);
        Greet(pair.Near);
        Assert.Equal("hello", Answer(pair.Far));

        static void Greet(ISockSendComplete to) => to.SendComplete("hello\0"u8, Within.Long);
        static string Answer(ISockRecvUntilTerminator from) =>
            from.RecvUntilTerminator(0, Within.Long, default, 100);
    }

    [Fact]
    public void A_job_that_a_backend_does_itself_is_left_to_it_in_every_form()
    {
        var own = new DoesItItself();
        ISock sock = own;
        sock.SendComplete("a"u8, Within.Long);
        sock.SendComplete("a", Within.Long);
        own.SendComplete("a"u8, Within.Long);
        own.TrySendComplete("a", Within.Long);
        Assert.Equal(4, own.Jobs);
        Assert.Equal("", sock.RecvUntilTerminator(0, Within.Long, default, 9));
        Assert.Equal("", own.RecvUntilTerminator(0, Within.Long, default, 9));
        own.RecvUntilTerminator(0, new byte[9], Within.Long);
        own.TryRecvUntilTerminator(0, Within.Long, default, 9, out _, out _);
        Assert.Equal(8, own.Jobs);
        Assert.False(own.IsConnected(out string why));
        Assert.Equal("my own reason", why);
    }

    [Fact]
    public void No_sock_is_a_wrong_argument()
    {
        Sock none = null!;
        foreach (
            Action use in (Action[])
                [
                    () => none.TrySendComplete("x"u8, Within.Long),
                    () => none.TrySendComplete("x", Within.Long),
                    () => none.TryRecvComplete(new byte[1], Within.Long),
                    () => none.TryRecvUntilTerminator(0, new byte[1], Within.Long),
                    () => none.RecvUntilTerminator(0, Within.Long, default, 1),
                    () => SockOperations.IsConnected(none, out _),
                ]
        )
        {
            Assert.Throws<ArgumentNullException>(use);
        }
    }

    [Fact]
    public void Sock_has_every_capability()
    {
        object sock = new Sock();
        Assert.True(
            sock
                is ISock
                    and ISockConnect
                    and ISockGetSockOpt
                    and ISockShutdownSend
                    and ISockGet
                    and ISockRelease
                    and ISockReset
        );
    }

    private sealed class Talker : AlwaysReady, ISockSend
    {
        public int Sent { get; private set; }

        public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags)
        {
            Sent += data.Length;
            return SockResult.Ok(data.Length);
        }
    }

    private sealed class OwnSender : ISockSendComplete
    {
        public string Sent { get; private set; } = "";

        public SockOutcome TrySendComplete(
            ReadOnlySpan<byte> data,
            TimeSpan timeout,
            CancellationToken interrupt = default
        )
        {
            Sent = System.Text.Encoding.UTF8.GetString(data[..^1]);
            return new SockOutcome(SockStatus.Ok, data.Length, 0);
        }
    }

    private sealed class DoesItItself : ISock
    {
        public int Jobs { get; private set; }

        public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags) => throw Unused();

        public SockResult Recv(Span<byte> buffer, SockFlags flags) => throw Unused();

        public SockResult Wait(
            TimeSpan timeout,
            SockEvents requested,
            out SockEvents occurred,
            CancellationToken interrupt = default
        ) => throw Unused();

        SockOutcome ISockSendComplete.TrySendComplete(
            ReadOnlySpan<byte> data,
            TimeSpan timeout,
            CancellationToken interrupt
        ) => Done(data.Length);

        SockOutcome ISockRecvUntilTerminator.TryRecvUntilTerminator(
            byte terminator,
            Span<byte> destination,
            TimeSpan timeout,
            CancellationToken interrupt
        ) => Done(0);

        SockOutcome ISockRecvUntilTerminator.TryRecvUntilTerminator(
            byte terminator,
            System.Buffers.IBufferWriter<byte> destination,
            TimeSpan timeout,
            CancellationToken interrupt,
            int maxData
        ) => Done(0);

        bool ISockIsConnected.IsConnected(out string errmsg)
        {
            errmsg = "my own reason";
            return false;
        }

        private static InvalidOperationException Unused() => new("the backend does it itself");

        private SockOutcome Done(int count)
        {
            Jobs++;
            return SockOutcome.Ok(count);
        }
    }
}
