using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>
/// A socket that has by chance the port that it connects to. Here it was asked for.
/// </summary>
public partial class ConnectCompleteTests
{
    public static TheoryData<string> Own => ["127.0.0.1", "0.0.0.0", "::1", "::ffff:127.0.0.1"];

    [Theory]
    [MemberData(nameof(Own))]
    public void A_socket_that_connects_to_itself_is_refused(string address)
    {
        using Sock sock = Bound(address, out IPEndPoint own);
        var failed = Assert.Throws<SockException>(() => sock.ConnectComplete(own, Within.Long));
        Assert.Equal(NetworkError.NativeCode(SocketError.ConnectionRefused), failed.ErrorCode);
        Assert.StartsWith($"connect() to {own} failed: ", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Own))]
    public async Task So_is_one_of_the_base_library_blocking_or_awaited(string address)
    {
        int refused = NetworkError.NativeCode(SocketError.ConnectionRefused);
        using (var sock = new ManagedSock(Bound(address, out IPEndPoint own).ToSocket()))
        {
            Assert.Equal(
                SockOutcome.Failed(refused),
                await sock.TryConnectCompleteAsync(own, Within.Long)
            );
        }

        using (var sock = new ManagedSock(Bound(address, out IPEndPoint own).ToSocket()))
        {
            Assert.Equal(
                SockOutcome.Failed(refused),
                SockOperations.TryConnectComplete(sock, own, Within.Long)
            );
        }
    }

    [Fact]
    public void Two_sockets_are_not_one_and_neither_is_one_without_a_peer()
    {
        foreach (PairKind kind in Pair.Kinds)
        {
            using var pair = new Pair(kind);
            Assert.False(pair.Near.IsConnectedToItself());
            Assert.False(pair.Far.IsConnectedToItself());
        }

        using Sock alone = Sock.Create(AddressFamily.InterNetwork);
        Assert.False(alone.IsConnectedToItself());
        Assert.False(new Sock().IsConnectedToItself());
    }

    private static Sock Bound(string address, out IPEndPoint own)
    {
        var wanted = new IPEndPoint(IPAddress.Parse(address), 0);
        Sock sock = Sock.Create(wanted.AddressFamily);
        sock.SetSockOpt(SocketOptionLevel.IPv6, SocketOptionName.IPv6Only, 0); // or not IPv6
        sock.Bind(wanted).ThrowIfError("bind");
        sock.GetSockName(out EndPoint? name).ThrowIfError("getsockname");
        own = (IPEndPoint)name!;
        return sock;
    }
}
