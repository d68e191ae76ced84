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
                return new BackendPair(near, new RingPeer(far));
            },
            Capabilities.HalfClose | Capabilities.BoundedSend
        );
}
