using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What is no address is refused by whoever takes one, and nothing has happened.</summary>
public class AddressesTests
{
    public static bool OnLinux => OperatingSystem.IsLinux();

    // By name: the runner would ask an endpoint for more than it has, to print it.
    private static readonly Dictionary<string, EndPoint> All = new()
    {
        ["a name"] = new DnsEndPoint("localhost", 80),
        ["one without Serialize"] = new Mute(),
        ["one that refuses"] = new Refusing(),
        ["one that gives nothing"] = new Nothing(),
    };

    public static TheoryData<string> NoAddresses => [.. All.Keys];

    [Theory]
    [MemberData(nameof(NoAddresses))]
    public void A_call_refuses_what_is_no_address(string name)
    {
        EndPoint none = All[name];
        using Sock sock = Sock.Create(AddressFamily.InterNetwork);
        Assert.Throws<ArgumentException>("endPoint", () => sock.Bind(none));
        Assert.Throws<ArgumentException>("endPoint", () => sock.Connect(none));
        using var managed = new ManagedSock(
            new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        );
        Assert.Throws<ArgumentException>("endPoint", () => managed.Connect(none));
    }

    [Theory(Skip = "only Linux tells whether a handle blocks", SkipUnless = nameof(OnLinux))]
    [MemberData(nameof(NoAddresses))]
    public void ConnectComplete_refuses_it_and_leaves_the_handle_blocking(string name)
    {
        EndPoint none = All[name];
        using Sock sock = Sock.Create(AddressFamily.InterNetwork);
        Assert.Throws<ArgumentException>(
            "endPoint",
            () => sock.TryConnectComplete(none, Within.Long)
        );
        Assert.Throws<ArgumentException>("endPoint", () => sock.ConnectComplete(none, Within.Long));
        Assert.True(Descriptors.Blocks(sock.Get()));
    }

    [Theory]
    [MemberData(nameof(NoAddresses))]
    public async Task What_awaits_refuses_it_before_it_begins(string name)
    {
        EndPoint none = All[name];
        using var sock = new ManagedSock(
            new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        );
        await Assert.ThrowsAsync<ArgumentException>(
            "endPoint",
            async () => await sock.TryConnectCompleteAsync(none, Within.Long)
        );
        Assert.False(sock.Socket.Connected);
    }

    /// <summary>What the base class does.</summary>
    private sealed class Mute : EndPoint;

    private sealed class Refusing : EndPoint
    {
        public override SocketAddress Serialize() => throw new NotSupportedException();
    }

    private sealed class Nothing : EndPoint
    {
        public override SocketAddress Serialize() => null!;
    }
}
