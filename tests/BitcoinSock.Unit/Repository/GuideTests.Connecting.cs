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
        using Sock client = listener.AcceptComplete(
            out EndPoint? from,
            Timeout.InfiniteTimeSpan,
            interrupt
        );
        client.SendComplete($"welcome, {from}\n", TimeSpan.FromSeconds(3), interrupt);

        string welcome = peer.RecvUntilTerminator((byte)'\n', _timeout, default, 100);
        Assert.StartsWith("welcome, 127.0.0.1:", welcome, StringComparison.Ordinal);

        void Announce(EndPoint at) => peer.ConnectComplete(at, _timeout);
    }

    public static TheoryData<string> Loopbacks =>
        Socket.OSSupportsIPv6
            ? ["127.0.0.1", "::1", "::ffff:127.0.0.1"]
            : ["127.0.0.1", "::ffff:127.0.0.1"];

    [Theory]
    [MemberData(nameof(Loopbacks))]
    public void Connecting_until_somebody_presses_Ctrl_C(string at)
    {
        IPAddress here = IPAddress.Parse(at == "::1" ? at : "127.0.0.1");
        using Sock listener = Sock.Create(here.AddressFamily);
        listener.Bind(new IPEndPoint(here, 0)).ThrowIfError("bind");
        listener.Listen(1).ThrowIfError("listen");
        listener.GetSockName(out EndPoint? bound).ThrowIfError("getsockname");
        var peer = new IPEndPoint(IPAddress.Parse(at), ((IPEndPoint)bound!).Port);

        var interrupt = new ThreadInterrupt();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true; // it ends what waits, not the process
            interrupt.Interrupt();
        };
        // An IPv4 address mapped into IPv6, ::ffff:127.0.0.1, is one of IPv4 on every system.
        IPAddress address = peer.Address.IsIPv4MappedToIPv6
            ? peer.Address.MapToIPv4()
            : peer.Address;
        using Sock sock = Sock.Create(address.AddressFamily);
        sock.ConnectComplete(
            new IPEndPoint(address, peer.Port),
            TimeSpan.FromSeconds(5),
            interrupt
        );

        Assert.True(sock.IsConnected(out _));
        sock.GetSockName(out EndPoint? own).ThrowIfError("getsockname");
        Assert.Equal(here.AddressFamily, own!.AddressFamily);
    }
}
