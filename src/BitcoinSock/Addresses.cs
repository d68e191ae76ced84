using System.Net;
using System.Net.Sockets;

namespace BitcoinSock;

/// <summary>Between the base library's endpoints and the system's sockaddr.</summary>
internal static class Addresses
{
    /// <summary>What bind(2) and connect(2) take.</summary>
    /// <exception cref="ArgumentException">
    /// The endpoint is a name, or has no bytes to give: no call has been made yet.
    /// </exception>
    public static ReadOnlySpan<byte> Serialize(EndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        if (endPoint is DnsEndPoint)
        {
            throw new ArgumentException(
                $"{endPoint} is a name; resolve it first, for instance by Dns.GetHostAddresses.",
                nameof(endPoint)
            );
        }

        Exception? reason = null;
        try
        {
            if (endPoint.Serialize() is SocketAddress address)
            {
                return address.Buffer.Span[..address.Size];
            }
        }
        catch (Exception none) when (none is NotImplementedException or NotSupportedException)
        {
            reason = none; // as the base class does where a derived one has nothing to say
        }

        throw new ArgumentException($"{endPoint} is no address.", nameof(endPoint), reason);
    }

    /// <summary>Null if it is of a family that this library has no endpoint for.</summary>
    public static EndPoint? Deserialize(ReadOnlySpan<byte> bytes)
    {
        var address = new SocketAddress(AddressFamily.Unspecified, Platform.AddressLengthMax);
        bytes.CopyTo(address.Buffer.Span);
        address.Size = bytes.Length;
        return address.Family switch
        {
            AddressFamily.InterNetwork => new IPEndPoint(IPAddress.Any, 0).Create(address),
            AddressFamily.InterNetworkV6 => new IPEndPoint(IPAddress.IPv6Any, 0).Create(address),
            AddressFamily.Unix => new UnixDomainSocketEndPoint("/").Create(address),
            _ => null,
        };
    }
}
