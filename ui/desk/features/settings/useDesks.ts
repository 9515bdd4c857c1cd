import { api } from '../../api/client'
import { useResource } from '../../store/resource'
import { desks as knownDesks } from '../../store/world'

/** All desks as they are now; the side bar hears of them too. */
export function useDesks() {
  return useResource('desks', async () => {
    const list = (await api.get('/desks')).items
    knownDesks.set(list)
    return list
  })
}
