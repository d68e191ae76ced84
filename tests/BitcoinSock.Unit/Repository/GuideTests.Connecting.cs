using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

public sealed partial class GuideTests
{
    [Fact]
    public void Listening_and_accepting()
    {
        ThreadInterrupt interrupt = _interrupt;
        using Sock peer = Sock.Create(AddressFamily.InterNetwork);

        using Sock listener = Sock.Create(AddressFamily.InterNetwork);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0)).ThrowIfError("bind"); // 0: a free port
        listener.Listen(backlog: 100).ThrowIfError("listen");
        listener.GetSockName(out EndPoint? endPoint).ThrowIfError("getsockname");
        Announce(endPoint!);
        listener
            .Wait(Timeout.InfiniteTimeSpan, SockEvents.Recv, out _, interrupt)
            .ThrowIfError("wait"); // EINTR if the interrupt fired
        listener.Accept(out Sock client, out EndPoint? from).ThrowIfError("accept");
        client.SendComplete($"welcome, {from}\n", TimeSpan.FromSeconds(3), interrupt);

        string welcome = peer.RecvUntilTerminator((byte)'\n', _timeout, default, 100);
        Assert.StartsWith("welcome, 127.0.0.1:", welcome, StringComparison.Ordinal);
        client.Dispose();

        void Announce(EndPoint at) => peer.ConnectComplete(at, _timeout);
    }

    [Fact]
    public void Connecting_until_somebody_presses_Ctrl_C()
    {
        using Sock listener = ManagedSockTests.Listen(out EndPoint endPoint);

        var interrupt = new ThreadInterrupt();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true; // it ends what waits, not the process
            interrupt.Interrupt();
        };
        using Sock sock = Sock.Create(AddressFamily.InterNetwork);
        sock.ConnectComplete(endPoint!, TimeSpan.FromSeconds(5), interrupt);

        Assert.True(sock.IsConnected(out _));
    }
}
