using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>Addresses go to the system and come back.</summary>
public class AddressProperties
{
    // What the base library takes: sun_path with a zero behind it.
    private static readonly int PathLengthMax = OperatingSystem.IsLinux() ? 107 : 103;

    public enum Kind
    {
        IPv4,
        IPv4Mapped,
        IPv6,
    }

    [Property(60)]
    public void An_ip_address_that_is_bound_is_told_and_the_peer_sees_it(
        Kind kind,
        byte b,
        byte c,
        byte d
    )
    {
        // On Linux all of 127/8 is this machine, elsewhere only the first.
        IPAddress near = new([127, b, c, (byte)(1 + d % 254)]);
        near = OperatingSystem.IsLinux() ? near : IPAddress.Loopback;
        near = kind == Kind.IPv4 ? near : near.MapToIPv6();
        near = kind == Kind.IPv6 ? IPAddress.IPv6Loopback : near;
        using Sock listener = Bound(near, out IPEndPoint address);
        using Sock client = Bound(near, out IPEndPoint own);
        Assert.Equal(SockResult.Ok(0), listener.Listen(1));
        Assert.Equal(SockResult.Ok(0), client.Connect(address));
        Assert.Equal(SockResult.Ok(0), listener.Accept(out Sock accepted, out EndPoint? peer));
        Assert.Equal(own, peer);
        Assert.Equal(SockResult.Ok(0), accepted.GetSockName(out EndPoint? reached));
        Assert.Equal(address, reached);
        accepted.Dispose();
    }

    [Property(
        60,
        Skip = "Wine 8 has no unix sockets",
        SkipType = typeof(Wine),
        SkipWhen = nameof(Wine.IsHere)
    )]
    public void A_unix_path_that_is_bound_is_told_as_it_was_written(byte[] letters, bool isAbstract)
    {
        string[] some = ["a", ".", " ", "'", "ß", "€", "😀"];
        string name = string.Concat(letters.Select(each => some[each % some.Length]));
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        // Only Linux has names that are no files'.
        string start = isAbstract && OperatingSystem.IsLinux() ? $"\0{folder}" : $"{folder}/x";
        string path = start + name;
        while (Encoding.UTF8.GetByteCount(path) > PathLengthMax)
        {
            path = path[..^(char.IsSurrogate(path[^1]) ? 2 : 1)];
        }

        var wanted = new UnixDomainSocketEndPoint(path);
        using Sock sock = Sock.Create(AddressFamily.Unix);
        Assert.Equal(SockResult.Ok(0), sock.Bind(wanted));
        Assert.Equal(SockResult.Ok(0), sock.GetSockName(out EndPoint? told));
        folder.Delete(recursive: true);
        Assert.Equal(wanted, told);
        Assert.Equal(wanted.ToString(), told!.ToString());
    }

    [Fact]
    public void An_endpoint_that_is_no_address_is_refused_with_the_reason()
    {
        using Sock sock = Sock.Create(AddressFamily.InterNetwork);
        foreach (
            Func<EndPoint, SockResult> use in (Func<EndPoint, SockResult>[])
                [sock.Bind, sock.Connect]
        )
        {
            var refused = Assert.Throws<ArgumentException>("endPoint", () => use(new NoAddress()));
            Assert.IsType<NotImplementedException>(refused.InnerException);
        }
    }

    private static Sock Bound(IPAddress address, out IPEndPoint told)
    {
        Sock sock = Sock.Create(address.AddressFamily);
        if (address.IsIPv4MappedToIPv6)
        {
            sock.SetSockOpt(SocketOptionLevel.IPv6, SocketOptionName.IPv6Only, 0);
        }

        Assert.Equal(SockResult.Ok(0), sock.Bind(new IPEndPoint(address, 0)));
        Assert.Equal(SockResult.Ok(0), sock.GetSockName(out EndPoint? endPoint));
        told = Assert.IsType<IPEndPoint>(endPoint);
        Assert.Equal(address, told.Address);
        Assert.InRange(told.Port, 1, IPEndPoint.MaxPort);
        return sock;
    }

    private sealed class NoAddress : EndPoint;
}
