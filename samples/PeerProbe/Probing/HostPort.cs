using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PeerProbe;

/// <summary>Where a peer is: <c>name:1</c>, <c>127.0.0.1:1</c> or <c>[::1]:1</c>.</summary>
/// <remarks>
/// Parsed, a name is ASCII (<c>bücher.example</c> is <c>xn--bcher-kva.example</c>), and an address
/// of IPv4 that is mapped into IPv6 is one of IPv4: that is what sockets and proxies take.
/// </remarks>
internal sealed record HostPort(string Host, int Port)
{
    public const string Shape = "HOST:PORT (an IPv6 address goes in brackets: [::1]:7656)";

    // What the system's resolver takes, and SOCKS5, in bytes.
    private const int HostLengthMax = 255;

    public static bool TryParse(string text, [NotNullWhen(true)] out HostPort? parsed)
    {
        parsed = null;
        int colon = text.LastIndexOf(':');
        if (
            colon <= 0
            || !ushort.TryParse(
                text.AsSpan(colon + 1),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out ushort port
            )
            || port == 0
        )
        {
            return false;
        }

        string host = text[..colon];
        if (host is ['[', .. string inner, ']'])
        {
            if (!IPAddress.TryParse(inner, out var six) || !IsIPv6(six))
            {
                return false;
            }

            host = six.IsIPv4MappedToIPv6 ? $"{six.MapToIPv4()}" : inner;
        }
        else
        {
            host = ToAscii(host);
            if (host.Length is 0 or > HostLengthMax || host.AsSpan().ContainsAny(":[] \t"))
            {
                return false;
            }
        }

        parsed = new HostPort(host, port);
        return true;
    }

    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    // Empty if it cannot be. Not every system's mapping folds case.
    private static string ToAscii(string host)
    {
        try
        {
            return Ascii.IsValid(host) ? host : new IdnMapping().GetAscii(host.ToLowerInvariant());
        }
        catch (ArgumentException)
        {
            return "";
        }
    }

    private static bool IsIPv6(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6;
}
