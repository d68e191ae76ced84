using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PeerProbe;

/// <summary>
/// A SOCKS5 proxy, RFC 1928, with a name and a password by RFC 1929. Every answer is read to its
/// exact length: what follows the last one is the target's, and for whoever gets the socket next.
/// </summary>
internal static class Socks5
{
    public const string Advice = "a proxy usually listens on 1080, that of Tor on 9050";

    private const byte Version = 5;
    private const byte LoginVersion = 1;
    private const byte NoLogin = 0;
    private const byte NameAndPassword = 2;
    private const byte NothingAcceptable = 0xff;
    private const byte Connect = 1;
    private const string NoProxy = "is no SOCKS5 proxy";

    private enum AddressType : byte
    {
        IPv4 = 1,
        Domain = 3,
        IPv6 = 4,
    }

    /// <summary>Has the proxy connect to a target.</summary>
    /// <param name="proxy">The proxy; behind this call its connection leads to the target.</param>
    /// <param name="target">
    /// Where to. A name is sent as it is: the proxy looks it up, nobody else learns of it.
    /// </param>
    /// <param name="login">Offered if given; the proxy may still do without.</param>
    /// <returns>Where the proxy says that it connects from.</returns>
    /// <exception cref="ProbeFailure">It does not.</exception>
    public static HostPort Open(Conversation proxy, HostPort target, Login? login)
    {
        LogIn(proxy, login);
        proxy.Say([Version, Connect, 0, .. Encode(target)]);
        byte[] reply = proxy.Hear(4);
        if (reply[0] != Version)
        {
            throw proxy.WrongProtocol(NoProxy);
        }

        if (reply[1] != 0)
        {
            string why = $"does not connect to {target}: {Refusal(reply[1])} ({reply[1]})";
            throw proxy.Refused(why, "another target, or the proxy's log");
        }

        return HearAddress(proxy, (AddressType)reply[3]);
    }

    private static void LogIn(Conversation proxy, Login? login)
    {
        byte[] methods = login is null ? [NoLogin] : [NoLogin, NameAndPassword];
        proxy.Say([Version, (byte)methods.Length, .. methods]);
        byte[] choice = proxy.Hear(2);
        if (choice[0] != Version)
        {
            throw proxy.WrongProtocol(NoProxy);
        }

        if (choice[1] == NothingAcceptable)
        {
            throw proxy.Refused(
                login is null ? "asks for a login" : "takes neither no login nor a password",
                login is null ? $"--user, and {Login.PasswordVariable}" : "its configuration"
            );
        }

        if (!methods.Contains(choice[1]))
        {
            throw proxy.WrongProtocol(
                $"chose the method {choice[1]}, which was not offered",
                "its configuration"
            );
        }

        if (choice[1] == NoLogin)
        {
            return;
        }

        byte[] user = Encoding.UTF8.GetBytes(login!.User);
        byte[] password = Encoding.UTF8.GetBytes(login.Password);
        proxy.Say([LoginVersion, (byte)user.Length, .. user, (byte)password.Length, .. password]);
        byte[] verdict = proxy.Hear(2);
        if (verdict[0] != LoginVersion)
        {
            throw proxy.WrongProtocol("does not answer a login as RFC 1929 says");
        }

        if (verdict[1] != 0)
        {
            throw proxy.Refused(
                $"rejects the name or the password ({verdict[1]})",
                $"another --user or {Login.PasswordVariable}"
            );
        }
    }

    private static byte[] Encode(HostPort target)
    {
        byte[] port = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(port, (ushort)target.Port);
        if (IPAddress.TryParse(target.Host, out IPAddress? address))
        {
            AddressType type =
                address.AddressFamily == AddressFamily.InterNetwork
                    ? AddressType.IPv4
                    : AddressType.IPv6;
            return [(byte)type, .. address.GetAddressBytes(), .. port];
        }

        byte[] name = Encoding.UTF8.GetBytes(target.Host); // ASCII, if it was parsed
        return [(byte)AddressType.Domain, (byte)name.Length, .. name, .. port];
    }

    private static HostPort HearAddress(Conversation proxy, AddressType type)
    {
        string host = type switch
        {
            AddressType.IPv4 => new IPAddress(proxy.Hear(4)).ToString(),
            AddressType.IPv6 => new IPAddress(proxy.Hear(16)).ToString(),
            AddressType.Domain => Encoding.UTF8.GetString(proxy.Hear(proxy.Hear(1)[0])),
            _ => throw proxy.WrongProtocol(
                $"answers with an address of the unknown type {(byte)type}"
            ),
        };
        return new HostPort(host, BinaryPrimitives.ReadUInt16BigEndian(proxy.Hear(2)));
    }

    // In the words of RFC 1928.
    private static string Refusal(byte code) =>
        code switch
        {
            1 => "general SOCKS server failure",
            2 => "connection not allowed by ruleset",
            3 => "Network unreachable",
            4 => "Host unreachable",
            5 => "Connection refused",
            6 => "TTL expired",
            7 => "Command not supported",
            8 => "Address type not supported",
            _ => "a refusal that RFC 1928 does not name",
        };
}
