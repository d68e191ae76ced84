using System.Security.Cryptography;

namespace BitcoinSock.Field.Networks;

/// <summary>Bytes that both processes can make, to compare digests only.</summary>
internal static class Payload
{
    public static byte[] Of(int length)
    {
        byte[] bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    public static string Digest(ReadOnlySpan<byte> bytes) =>
        Convert.ToHexString(SHA256.HashData(bytes));
}
