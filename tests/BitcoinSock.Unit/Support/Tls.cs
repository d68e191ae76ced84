using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BitcoinSock.Unit;

/// <summary>TLS between two streams, with a certificate made for this run.</summary>
internal static class Tls
{
    private static readonly Lazy<X509Certificate2> Certificate = new(() =>
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 own = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pfx), null);
    });

    public static async Task<SslStream> ServeAsync(Stream stream)
    {
        var server = new SslStream(stream);
        await server.AuthenticateAsServerAsync(Certificate.Value);
        return server;
    }

    public static async Task<SslStream> ConnectAsync(Stream stream)
    {
        // This very certificate and no other.
        var client = new SslStream(
            stream,
            leaveInnerStreamOpen: false,
            (_, shown, _, _) =>
                shown is not null
                && shown.GetRawCertData().AsSpan().SequenceEqual(Certificate.Value.RawData)
        );
        await client.AuthenticateAsClientAsync("localhost");
        return client;
    }
}
