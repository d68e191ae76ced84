using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BitcoinSock;

// From a Socket of the base library, and to one: the descriptor goes, and nothing else is needed.
public sealed partial class Sock
{
    // What a handle of the base library has in the place of a descriptor that was taken from it.
    // Its close fails, and is all that the base library waits for; SetHandleAsInvalid would keep it
    // from closing, and Socket.Dispose then waits for ever.
    private const nint Taken = int.MaxValue;

    /// <summary>
    /// Takes over the descriptor of a <see cref="Socket"/>, which has none afterwards. It keeps its
    /// number, costs no other, and can become a Socket again, as often as you like; on Windows that
    /// one cannot be awaited if the first one was.
    /// </summary>
    /// <param name="socket">
    /// A socket that owns its descriptor, without operations under way. Disposing it later does no
    /// harm, except that the base library then deletes the file of a listener on a unix path.
    /// </param>
    /// <exception cref="ObjectDisposedException">It has no descriptor any more.</exception>
    public static Sock From(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Sock sock = From(socket.SafeHandle);
        // Nothing is left to finalize; and it would delete the file of a listener on a unix path.
#pragma warning disable CA1816
        GC.SuppressFinalize(socket);
#pragma warning restore CA1816
        return sock;
    }

    /// <summary>
    /// Takes over the descriptor of a handle, which is disposed; as <see cref="From(Socket)"/>.
    /// </summary>
    /// <param name="handle">
    /// A handle that owns its descriptor, without operations under way.
    /// </param>
    /// <exception cref="ObjectDisposedException">It has no descriptor any more.</exception>
    public static Sock From(SafeSocketHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ObjectDisposedException.ThrowIf(handle.IsClosed || handle.IsInvalid, handle);
        var owner = new SockHandle();
        var sock = new Sock();
        // Not while another thread closes it; of two that take it one finds it disposed.
        bool held = false;
        handle.DangerousAddRef(ref held);
        try
        {
            Platform.Current.EndAwaiting(new CSocket(DescriptorOf(handle)));
            CSocket socket = TakeFrom(handle);
            ObjectDisposedException.ThrowIf(socket.Value == Taken, handle);
            sock._handle = owner.Take(socket);
            return sock;
        }
        finally
        {
            handle.DangerousRelease();
        }
    }

    /// <summary>
    /// Hands the descriptor over to a <see cref="Socket"/>, for whatever is written for one. It is
    /// in blocking mode, as a <see cref="NetworkStream"/> wants it; this is empty afterwards.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no descriptor.</exception>
    /// <exception cref="SocketException">
    /// The system says that it is no socket; it stays here.
    /// </exception>
    public Socket ToSocket()
    {
        SockHandle? mine = Handle;
        if (mine is null || !mine.TryHold())
        {
            throw NothingToHandOver();
        }

        var handle = new SafeSocketHandle(mine.Socket.Value, ownsHandle: true);
        try
        {
            // The base library does not look: of one that does not block it would say "timed out".
            mine.SetBlocking();
            var socket = new Socket(handle);
            if (Interlocked.CompareExchange(ref _handle, null, mine) != mine)
            {
                throw NothingToHandOver(); // another thread was faster
            }

            mine.Release();
            return socket;
        }
        catch
        {
            TakeFrom(handle);
            throw;
        }
        finally
        {
            mine.LetGo();
        }
    }

    /// <summary>Takes the descriptor out of a handle, which is disposed.</summary>
    private static CSocket TakeFrom(SafeSocketHandle handle)
    {
        nint descriptor = Interlocked.Exchange(ref DescriptorOf(handle), Taken);
        handle.Dispose();
        return new CSocket(descriptor);
    }

    private static InvalidOperationException NothingToHandOver() =>
        new("There is no descriptor to hand over.");

    // The field is protected, so part of SafeHandle's contract.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "handle")]
    private static extern ref nint DescriptorOf(SafeHandle handle);
}
