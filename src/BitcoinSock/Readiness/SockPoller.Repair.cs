namespace BitcoinSock;

// What is the poller's own, a wake-up and an event queue, may have been closed by somebody who
// closes descriptors that are not his. That is neither an error of a registered socket, nor for
// ever.
public sealed partial class SockPoller
{
    private static SockResult Add(EventQueue queue, Registration registration) =>
        queue.Add(registration.Handle.Socket, registration.Requested, registration.Token);

    private SockResult AddWakeUp() => _queue.Add(_wakeUp.Socket, SockEvents.Recv, WakeUpToken);

    /// <summary>
    /// Replaces what is not there any more. Not under our lock: a close is told to listeners.
    /// </summary>
    /// <param name="gone">A queue that is known not to be.</param>
    /// <returns>False if there was nothing to do, or nothing could be done.</returns>
    private bool TryRepair(EventQueue? gone = null)
    {
        CSocket before = _wakeUp.Socket;
        bool isMute = !_wakeUp.IsIntact;
        bool canWake = !isMute || _wakeUp.TryRenew(_mechanism);
        lock (_gate)
        {
            if (isMute && _queue.IsSnapshot)
            {
                // epoll(7) forgets by itself what is closed; the number may be a user's by now.
                _queue.Remove(before);
            }

            if (gone == _queue || (canWake && _queue.IsGone(AddWakeUp())))
            {
                RenewQueue();
                return true;
            }

            return isMute && canWake;
        }
    }

    private void RenewQueue()
    {
        _queue = ListQueue.BestFor(_mechanism);
        _ = AddWakeUp();
        foreach (Registration each in _byToken.Values)
        {
            _ = Add(_queue, each);
        }
    }
}
