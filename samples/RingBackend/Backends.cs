using BitcoinSock;
using BitcoinSock.Model;

namespace RingBackend;

/// <summary>What sockcheck is told: <c>--factory RingBackend.Backends.Ring</c>.</summary>
public static class Backends
{
    public static Backend Ring() =>
        new(
            "ring",
            () =>
            {
                (RingSock near, RingSock far) = RingSock.CreatePair(64 * 1024);
                return new BackendPair(near, new Peer(far));
            },
            Capabilities.HalfClose | Capabilities.BoundedSend
        );

    private sealed class Peer(RingSock far) : IPeer
    {
        public int Write(ReadOnlySpan<byte> data) =>
            Math.Max(0, far.Send(data, SockFlags.None).Count);

        public int Read(Span<byte> buffer) => far.Recv(buffer, SockFlags.None).Count;

        public void ShutdownSend() => far.ShutdownSend();

        public void Reset() => throw new NotSupportedException("a ring cannot be reset");

        public void Dispose() => far.Close();
    }
}
